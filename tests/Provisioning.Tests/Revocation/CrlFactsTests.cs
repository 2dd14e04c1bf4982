using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

public sealed class CrlFactsTests
{
    [Fact]
    public void Every_octet_changed_and_every_length_cut_gets_an_answer_and_never_verifies()
    {
        using var authority = TestAuthority.Create("root");
        var der = CrlWriterTests.Write(authority, CrlWriterTests.AllReasons());
        Assert.True(CrlFacts.TryRead("root", der)!.IsSignedBy(authority));

        for (var i = 0; i < der.Length; i++)
        {
            Assert.Null(CrlFacts.TryRead("root", der.AsMemory(0, i)));
            foreach (var change in (byte[])[0x01, 0x80, 0xFF])
            {
                var damaged = der.ToArray();
                damaged[i] ^= change;
                Assert.False(CrlFacts.TryRead("root", damaged)?.IsSignedBy(authority) ?? false);
            }
        }

        Assert.Null(CrlFacts.TryRead("root", (byte[])[.. der, 0]));
    }
}
