using System.Formats.Asn1;
using System.Net;
using System.Net.Http.Json;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>A manufacturer of devices with its own authority, as openssl would make it.</summary>
internal sealed class Manufacturer : IDisposable
{
    internal static readonly DateTimeOffset Forever = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal Manufacturer(
        string name = "CN=Acme IDevID CA", Manufacturer? above = null, int? pathLength = null, DateTimeOffset? notAfter = null,
        X509KeyUsageFlags usage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, X500DistinguishedName? exactName = null)
    {
        var request = new CertificateRequest(exactName ?? new X500DistinguishedName(name), _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, pathLength is not null, pathLength ?? 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var (from, to) = (DateTimeOffset.UtcNow.AddYears(-5), notAfter ?? DateTimeOffset.UtcNow.AddYears(20));
        using var certificate = above is null
            ? request.CreateSelfSigned(from, to)
            : request.Create(above.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(above._key), from, to, NewSerial());
        Certificate = certificate.HasPrivateKey ? Copy(certificate) : certificate.CopyWithPrivateKey(_key);
    }

    internal X509Certificate2 Certificate { get; }

    internal string Pem => Certificate.ExportCertificatePem() + "\n";

    /// <summary>A birth certificate, with its key.</summary>
    internal X509Certificate2 Issue(
        string? serial, DateTimeOffset? notAfter = null, Action<CertificateRequest>? change = null, X500DistinguishedName? subject = null,
        X509KeyUsageFlags? usage = X509KeyUsageFlags.DigitalSignature)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject ?? SubjectOf(serial), key, HashAlgorithmName.SHA256);
        if (usage is { } flags) request.CertificateExtensions.Add(new X509KeyUsageExtension(flags, true));
        change?.Invoke(request);
        using var certificate = request.Create(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), DateTimeOffset.UtcNow.AddYears(-1), notAfter ?? Forever, NewSerial());
        using var withKey = certificate.CopyWithPrivateKey(key);
        return Copy(withKey);
    }

    internal byte[] Crl(BigInteger number, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, params X509Certificate2[] revoked)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked) builder.AddEntry(certificate, thisUpdate.AddMinutes(-1));
        return builder.Build(Certificate, number, nextUpdate, HashAlgorithmName.SHA256, thisUpdate: thisUpdate);
    }

    internal byte[] Crl(BigInteger number, params X509Certificate2[] revoked) =>
        Crl(number, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(7), revoked);

    internal Task<HttpResponseMessage> RegisterAsync(
        TestServer server, string name = "acme", string pattern = "AC-[0-9]+", string group = "pumps", string? deviceId = null,
        string? crlPolicy = null, params Manufacturer[] below) => server.Administrator().PostAsJsonAsync("/api/v1/trust-anchors", new
        {
            name,
            group,
            certificate = Pem,
            intermediates = below.Select(one => one.Pem),
            serialNumberPattern = pattern,
            deviceId,
            crlPolicy,
        });

    internal async Task RegisterWellAsync(TestServer server, string? crlPolicy = null, params Manufacturer[] below)
    {
        using var response = await RegisterAsync(server, crlPolicy: crlPolicy, below: below);
        await CredentialCalls.BodyAsync(response, HttpStatusCode.Created);
    }

    internal static Task<HttpResponseMessage> BringAsync(TestServer server, byte[] crl, string name = "acme") =>
        server.Administrator().PutAsync($"/api/v1/trust-anchors/{name}/crl", CredentialCalls.Content(crl, "application/pkix-crl"));

    internal static X500DistinguishedName SubjectOf(string? serial)
    {
        var builder = new X500DistinguishedNameBuilder();
        if (serial is not null) builder.Add("2.5.4.5", serial, UniversalTagNumber.PrintableString);
        builder.AddCommonName("Acme pump");
        return builder.Build();
    }

    /// <summary>hardwareModuleName (RFC 4108 §5) as alternative name.</summary>
    internal static X509Extension HardwareModule(string serial) => new(
        "2.5.29.17",
        Der.Sequence(Der.Tlv(0xA0, Der.Oid("1.3.6.1.5.5.7.8.4"), Der.Tlv(0xA0, Der.Sequence(
            Der.Oid("1.3.6.1.4.1.99999.1"), Der.Octets(System.Text.Encoding.ASCII.GetBytes(serial)))))),
        false);

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private static byte[] NewSerial() => [0x5A, .. RandomNumberGenerator.GetBytes(8)];

    private static X509Certificate2 Copy(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
}
