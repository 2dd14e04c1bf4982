using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;

namespace Provisioning.Tests.Rest;

/// <summary>A root and an issuing authority that live as long as a test.</summary>
internal static class TestAuthorities
{
    internal static AuthorityDirectory Create()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issuingKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(10));
        using var root = Request("CN=Test Root", rootKey).CreateSelfSigned(from, to);
        using var issuing = Request("CN=Test Issuing", issuingKey).Create(root, from, to, [0x10, 0x01]);
        return new AuthorityDirectory(
            Load(AuthorityDirectory.RootName, root, rootKey),
            Load(AuthorityDirectory.IssuingName, issuing, issuingKey));
    }

    /// <summary>A request that the key of an authority has signed, DER.</summary>
    internal static byte[] RequestOver(Authority authority, string commonName) => authority.Key!.Use(key =>
        new CertificateRequest("CN=" + commonName, (ECDsa)key, HashAlgorithmName.SHA256).CreateSigningRequest());

    private static Authority Load(string name, X509Certificate2 certificate, ECDsa key) =>
        Authority.Create(
            new AuthorityRecord(name, AuthorityDirectory.RootName, certificate.RawData), SigningKey.FromPlain(key));

    private static CertificateRequest Request(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }
}
