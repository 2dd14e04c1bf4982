using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Est;

namespace Provisioning.Tests.Est;

public sealed class CertsOnlyMessageTests
{
    private static readonly byte[] One = Certificate("CN=one"), Two = Certificate("CN=two");

    // RFC 5652 §5.1, in the form that RFC 5751 §3.2.2 wants: version 1, no digests, data, certificates, no signers.
    [Fact]
    public void It_is_the_emptiest_SignedData_that_there_is()
    {
        var content = new AsnReader(CertsOnlyMessage.Write([One]), AsnEncodingRules.DER).ReadSequence();
        Assert.Equal("1.2.840.113549.1.7.2", content.ReadObjectIdentifier());
        var explicitTag = content.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        content.ThrowIfNotEmpty();
        var signed = explicitTag.ReadSequence();
        explicitTag.ThrowIfNotEmpty();

        Assert.Equal(1, signed.ReadInteger());
        Assert.False(signed.ReadSetOf().HasData);
        var inner = signed.ReadSequence();
        Assert.Equal("1.2.840.113549.1.7.1", inner.ReadObjectIdentifier());
        inner.ThrowIfNotEmpty();
        Assert.Equal(One, signed.ReadSetOf(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadEncodedValue().ToArray());
        Assert.False(signed.ReadSetOf().HasData);
        signed.ThrowIfNotEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(200)]
    public void The_platform_reads_every_certificate_of_it(int count)
    {
        var certificates = Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Certificate("CN=" + i)).ToList();

        var message = CertsOnlyMessage.Write(certificates);

        Assert.Equal(X509ContentType.Pkcs7, X509Certificate2.GetCertContentType(message));
        var read = new X509Certificate2Collection();
#pragma warning disable SYSLIB0057 // The only reader of PKCS#7 without another package.
        read.Import(message);
#pragma warning restore SYSLIB0057
        Assert.Equal(
            certificates.Select(one => Convert.ToHexString(one.Span)).Order(), read.Select(one => Convert.ToHexString(one.RawDataMemory.Span)).Order());
    }

    [Fact]
    public void The_same_certificates_make_the_same_message() =>
        Assert.Equal(CertsOnlyMessage.Write([One, Two]), CertsOnlyMessage.Write([One, Two]));

    private static byte[] Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(name, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(50));
        return certificate.RawData;
    }
}
