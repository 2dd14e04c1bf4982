using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli;
using Provisioning.Cli.Keys;

namespace Provisioning.Tests.Cli;

/// <summary>What is taken of a file that holds a certification request.</summary>
public sealed class RequestFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private string Request => new CertificateRequest("CN=pump-1", _key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("CERTIFICATE REQUEST")]
    [InlineData("NEW CERTIFICATE REQUEST")]
    public void Of_a_file_with_the_private_key_only_the_request_leaves_the_machine(string label)
    {
        var file = Write(_key.ExportPkcs8PrivateKeyPem() + "\n" + Request.Replace("CERTIFICATE REQUEST", label, StringComparison.Ordinal) + "\n");

        foreach (var pem in new[] { RequestFile.Load(file).Pem, RequestFile.Read(file).Pem })
        {
            Assert.DoesNotContain("PRIVATE KEY", pem, StringComparison.Ordinal);
            Assert.StartsWith("-----BEGIN CERTIFICATE REQUEST-----", pem, StringComparison.Ordinal);
        }

        Assert.Equal(_key.ExportSubjectPublicKeyInfo(), RequestFile.Read(file).PublicKey);
    }

    [Theory]
    [InlineData("pkcs8.pem")]
    [InlineData("pkcs8.der")]
    [InlineData("sec1.der")]
    [InlineData("p12")]
    [InlineData("certificate.der")]
    [InlineData("text")]
    [InlineData("request.der and more")]
    [InlineData("request.der cut")]
    [InlineData("request.pem of a key")]
    [InlineData("request.pem and more")]
    [InlineData("too long")]
    public void What_is_not_a_request_and_nothing_else_does_not_leave_the_machine(string what)
    {
        var file = _folder.At("file");
        var bytes = Content(what);
        File.WriteAllBytes(file, bytes);

        Assert.Throws<CryptographicException>(() => RequestFile.Load(file));
        Assert.Equal(ExitCode.Usage, Assert.Throws<FailureException>(() => RequestFile.Read(file)).ExitCode);
        if (what != "too long") Assert.Throws<CryptographicException>(() => RequestFile.LoadText(Convert.ToBase64String(bytes)));
        if (what.EndsWith("pem", StringComparison.Ordinal)) Assert.Throws<CryptographicException>(() => RequestFile.LoadText(System.Text.Encoding.ASCII.GetString(bytes)));
    }

    [Fact]
    public void A_request_is_known_as_DER_too_and_behind_text_that_begins_as_DER_does()
    {
        var der = NewRequest().CreateSigningRequest();
        File.WriteAllBytes(_folder.At("der"), der);
        var text = Write("0: the request of pump-1\n" + Request);

        Assert.Equal(_key.ExportSubjectPublicKeyInfo(), RequestFile.Load(_folder.At("der")).PublicKey);
        Assert.Equal(RequestFile.Load(_folder.At("der")).Pem, RequestFile.LoadText(Convert.ToBase64String(der)).Pem);
        Assert.Equal(_key.ExportSubjectPublicKeyInfo(), RequestFile.Load(text).PublicKey);
    }

    [Fact]
    public void A_file_without_an_end_is_read_to_a_limit()
    {
        if (OperatingSystem.IsWindows()) return;
        Assert.Throws<CryptographicException>(() => RequestFile.Load("/dev/zero"));
    }

    private CertificateRequest NewRequest() => new("CN=pump-1", _key, HashAlgorithmName.SHA256);

    private byte[] Content(string what)
    {
        var der = NewRequest().CreateSigningRequest();
        using var certificate = TestCertificates.SelfSigned("pump-1");
        return what switch
        {
            "pkcs8.pem" => Ascii(_key.ExportPkcs8PrivateKeyPem()),
            "pkcs8.der" => _key.ExportPkcs8PrivateKey(),
            "sec1.der" => _key.ExportECPrivateKey(),
            "p12" => certificate.Export(X509ContentType.Pkcs12),
            "certificate.der" => certificate.RawData,
            "text" => Ascii("0 requests are here."),
            "request.der and more" => [.. der, .. _key.ExportPkcs8PrivateKey()],
            "request.der cut" => der[..^1],
            "request.pem of a key" => Ascii(PemEncoding.WriteString("CERTIFICATE REQUEST", _key.ExportPkcs8PrivateKey())),
            "request.pem and more" => Ascii(PemEncoding.WriteString("CERTIFICATE REQUEST", [.. der, 0])),
            "too long" => Ascii(Request + new string('\n', 64 * 1024)),
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };

        static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);
    }

    private string Write(string content)
    {
        var path = _folder.At("request.pem");
        File.WriteAllText(path, content);
        return path;
    }
}
