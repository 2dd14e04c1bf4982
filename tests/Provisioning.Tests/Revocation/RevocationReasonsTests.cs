using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

public sealed class RevocationReasonsTests
{
    [Fact]
    public void Every_reason_has_its_name_from_RFC_5280()
    {
        Assert.Equal(
            ["unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
                "certificateHold", "privilegeWithdrawn", "aACompromise"],
            RevocationReasons.All);
        foreach (var reason in Enum.GetValues<RevocationReason>())
        {
            Assert.True(RevocationReasons.TryParse(RevocationReasons.ToText(reason), out var read));
            Assert.Equal(reason, read);
        }
    }

    [Theory]
    [InlineData("7")]
    [InlineData("1")]
    [InlineData("11")]
    [InlineData("banana")]
    [InlineData("KeyCompromise")]
    [InlineData("key-compromise")]
    [InlineData(" keyCompromise")]
    [InlineData("removeFromCRL")]
    [InlineData("")]
    [InlineData(null)]
    public void R_10_a_reason_that_is_none_is_refused(string? text) =>
        Assert.False(RevocationReasons.TryParse(text, out _));
}
