using System.Formats.Asn1;
using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Authorities;

/// <summary>How a key file's passphrase is stretched (RFC 8018 §4.2).</summary>
public sealed class PassphraseTests
{
    [Fact]
    public void A_passphrase_of_people_is_stretched_and_one_that_we_made_is_not()
    {
        var directory = Directory.CreateTempSubdirectory("provisioning-test-");
        try
        {
            var made = Passphrase.CreateFile(Path.Combine(directory.FullName, "passphrase"));
            Assert.Equal(1000, IterationsIn(made));
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        Assert.Equal(200_000, IterationsIn("correct horse battery staple"));
    }

    [Theory]
    [InlineData("0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("made-0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDE")]
    [InlineData("made-0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0")]
    [InlineData("made-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEFmade-")]
    [InlineData("")]
    public void What_only_resembles_a_made_one_is_stretched(string passphrase) =>
        Assert.Equal(200_000, Passphrase.IterationsFor(passphrase));

    // RFC 5958 §3: EncryptedPrivateKeyInfo; RFC 8018 Appendix A: PBES2-params, PBKDF2-params.
    private static int IterationsIn(string passphrase)
    {
        using var key = SigningKey.Create(KeyAlgorithm.P256);
        var pem = key.ToEncryptedPem(passphrase);
        Assert.True(PemEncoding.TryFind(pem, out var fields));
        var algorithm = new AsnReader(Convert.FromBase64String(pem[fields.Base64Data]), AsnEncodingRules.DER).ReadSequence().ReadSequence();
        Assert.Equal("1.2.840.113549.1.5.13", algorithm.ReadObjectIdentifier());
        var derivation = algorithm.ReadSequence().ReadSequence();
        Assert.Equal("1.2.840.113549.1.5.12", derivation.ReadObjectIdentifier());
        var parameters = derivation.ReadSequence();
        _ = parameters.ReadOctetString();
        Assert.True(parameters.TryReadInt32(out var iterations));
        return iterations;
    }
}
