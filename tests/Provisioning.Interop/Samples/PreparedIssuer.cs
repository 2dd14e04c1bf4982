using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.Samples;

/// <summary>
/// What a <see cref="PreparedService"/> answers that certifies whatever it is asked for by EST, in a form of the test's choice, and tells the
/// device that comes back afterwards which certificate it has made.
/// </summary>
internal sealed class PreparedIssuer : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private byte[] _issued = [];

    /// <summary>The body of the answer with a certificate, which is given in DER.</summary>
    internal required Func<byte[], byte[]> Form { get; set; }

    public void Dispose() => _key.Dispose();

    internal byte[] Answer(byte[] request)
    {
        var text = System.Text.Encoding.Latin1.GetString(request);
        if (text.StartsWith("GET /api/v1/self ", StringComparison.Ordinal)) return Body(_issued);
        _issued = Certify(Convert.FromBase64String(text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]));
        return Body(Form(_issued));
    }

    private static byte[] Body(byte[] body) => PreparedService.Answer($"HTTP/1.1 200 OK\nContent-Length: {body.Length}", body);

    private byte[] Certify(byte[] certificationRequest)
    {
        var read = CertificateRequest.LoadSigningRequest(certificationRequest, HashAlgorithmName.SHA256);
        using var made = read.Create(
            new X500DistinguishedName("CN=prepared"), X509SignatureGenerator.CreateForECDsa(_key), DateTimeOffset.UtcNow.AddHours(-1),
            DateTimeOffset.UtcNow.AddHours(1), [0x51, .. RandomNumberGenerator.GetBytes(8)]);
        return made.RawData;
    }
}
