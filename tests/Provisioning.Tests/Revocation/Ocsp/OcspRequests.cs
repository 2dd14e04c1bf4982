using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>OCSP requests put together by hand, so that they can be put together wrongly (RFC 6960 §4.1.1).</summary>
internal static class OcspRequests
{
    internal const string Sha1 = "1.3.14.3.2.26";
    internal const string Sha256 = "2.16.840.1.101.3.4.2.1";
    internal const string Nonce = "1.3.6.1.5.5.7.48.1.2";

    /// <summary>A request about certificates of an authority, without extensions.</summary>
    internal static byte[] About(Authority issuer, params SerialNumber[] serialNumbers) =>
        Of([.. serialNumbers.Select(one => CertId(issuer, one))]);

    internal static byte[] Of(params byte[][] certIds) => Request([.. certIds.Select(certId => Der.Sequence(certId))]);

    /// <summary>A request of these single requests, and perhaps extensions.</summary>
    internal static byte[] Request(byte[][] requests, params byte[][] extensions) =>
        Der.Sequence(Der.Sequence(Der.Sequence(requests), extensions.Length == 0 ? [] : Der.Tlv(0xA2, Der.Sequence(extensions))));

    internal static byte[] WithNonce(byte[] nonce, params byte[][] certIds) =>
        Request([.. certIds.Select(certId => Der.Sequence(certId))], Extension(Nonce, Der.Octets(nonce)));

    internal static byte[] Extension(string oid, byte[] value, bool isCritical = false) =>
        Der.Sequence(Der.Oid(oid), isCritical ? Der.True : [], Der.Octets(value));

    internal static byte[] CertId(Authority issuer, SerialNumber serialNumber, string hash = Sha1, bool hasParameters = true) =>
        CertId(hash, NameHash(issuer, hash), KeyHash(issuer, hash), SerialOf(serialNumber), hasParameters);

    internal static byte[] CertId(string hash, byte[] nameHash, byte[] keyHash, byte[] serialNumber, bool hasParameters = true) =>
        Der.Sequence(Der.Sequence(Der.Oid(hash), hasParameters ? Der.Null : []), Der.Octets(nameHash), Der.Octets(keyHash), serialNumber);

    internal static byte[] SerialOf(SerialNumber serialNumber) => Der.Integer(new BigInteger(serialNumber.ToOctets(), isUnsigned: true, isBigEndian: true));

    internal static byte[] NameHash(Authority issuer, string hash = Sha1) => Hash(hash, issuer.SubjectName.ToArray());

    internal static byte[] KeyHash(Authority issuer, string hash = Sha1)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(issuer.Certificate.Span);
        return Hash(hash, certificate.PublicKey.EncodedKeyValue.RawData);
    }

#pragma warning disable CA5350, CA5351 // What clients send.
    private static byte[] Hash(string algorithm, byte[] data) => algorithm switch
    {
        Sha1 => SHA1.HashData(data),
        Sha256 => SHA256.HashData(data),
        "1.2.840.113549.2.5" => MD5.HashData(data),
        _ => SHA384.HashData(data),
    };
#pragma warning restore CA5350, CA5351
}
