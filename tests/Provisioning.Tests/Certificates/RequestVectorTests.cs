using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Certificates;

public sealed class RequestVectorTests
{
    public static TheoryData<string, KeyAlgorithm> Kinds { get; } = new()
    {
        { "openssl-p256-plain", KeyAlgorithm.P256 },
        { "openssl-p256-rich", KeyAlgorithm.P256 },
        { "openssl-p384-plain", KeyAlgorithm.P384 },
        { "openssl-p521-plain", KeyAlgorithm.P521 },
        { "openssl-rsa2048-rich", KeyAlgorithm.Rsa2048 },
        { "openssl-rsa3072-plain", KeyAlgorithm.Rsa3072 },
        { "openssl-rsa4096-plain", KeyAlgorithm.Rsa4096 },
        { "gnutls-p256-rich", KeyAlgorithm.P256 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_request_made_by_another_program_is_read(string name, KeyAlgorithm algorithm)
    {
        var request = Requests.Accepted(Vectors.Read("csr", name + ".der"));
        Assert.Equal(algorithm, request.Key.Algorithm);
        Assert.Equal("pump-0042", request.CommonName);
        Assert.Equal(name.EndsWith("-rich", StringComparison.Ordinal), request.HasOtherSubjectAttributes);
    }

    [Theory]
    [InlineData("openssl-p256-rich")]
    [InlineData("openssl-rsa2048-rich")]
    public void All_that_OpenSSL_was_asked_for_is_a_fact(string name)
    {
        var request = Requests.Accepted(Vectors.Read("csr", name + ".der"));
        Assert.Equal(
            [
                new GeneralName.Dns("pump-0042.example.com"), new GeneralName.Dns("pump.example.com"),
                new GeneralName.Ip("192.0.2.42"), new GeneralName.Ip("2001:db8::42"),
                new GeneralName.Uri("urn:example:pump:0042"), new GeneralName.PermanentIdentifier("0042-7F"),
            ],
            request.AlternativeNames);
        Assert.Equal(KeyUsages.DigitalSignature | KeyUsages.KeyAgreement, request.KeyUsage);
        Assert.Equal(["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"], request.ExtendedKeyUsages);
        Assert.Equal("correct horse", request.ChallengePassword);
    }
}
