using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Revocation;

/// <summary>Self-signed authorities with what a CRL needs of one.</summary>
internal static class TestAuthority
{
    public static Authority Create(string name, KeyAlgorithm algorithm = KeyAlgorithm.P256)
    {
        var key = SigningKey.Create(algorithm);
        return Authority.Create(new AuthorityRecord(name, name, Certify(name, key)), key);
    }

    /// <summary>The same authority as a service sees it whose key is elsewhere.</summary>
    public static Authority WithoutKey(Authority authority) => Authority.Create(authority.Record, null);

    public static AuthorityDirectory Directory(Authority? root = null) =>
        new(root ?? Create("root"), Create("issuing"));

    private static byte[] Certify(string name, SigningKey key) => key.Use(platformKey =>
    {
        var subject = new X500DistinguishedName($"O=Provisioning tests, CN={name}");
        var request = platformKey is ECDsa ecdsa
            ? new CertificateRequest(subject, ecdsa, key.SignatureAlgorithm.Hash)
            : new CertificateRequest(subject, (RSA)platformKey, key.SignatureAlgorithm.Hash, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return certificate.RawData;
    });
}
