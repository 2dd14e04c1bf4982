using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

        foreach (var pem in new[] { RequestFile.ReadPem(file), RequestFile.Read(file).Pem })
        {
            Assert.DoesNotContain("PRIVATE KEY", pem, StringComparison.Ordinal);
            Assert.StartsWith("-----BEGIN CERTIFICATE REQUEST-----", pem, StringComparison.Ordinal);
        }

        Assert.Equal(_key.ExportSubjectPublicKeyInfo(), RequestFile.Read(file).PublicKey);
    }

    [Fact]
    public void A_private_key_is_no_request()
    {
        var file = Write(_key.ExportPkcs8PrivateKeyPem());
        Assert.Throws<CryptographicException>(() => RequestFile.ReadPem(file));
    }

    [Fact]
    public void A_file_without_an_end_is_read_to_a_limit() =>
        Assert.Throws<CryptographicException>(() => RequestFile.ReadPem("/dev/zero"));

    private string Write(string content)
    {
        var path = _folder.At("request.pem");
        File.WriteAllText(path, content);
        return path;
    }
}
