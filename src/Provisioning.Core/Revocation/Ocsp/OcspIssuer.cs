using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;
using Provisioning.Core.Encoding;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>An authority as clients name it in a CertID: by hashes of its name and of its key (RFC 6960 §4.1.1).</summary>
internal sealed class OcspIssuer
{
    private readonly (byte[] Name, byte[] Key) _sha1;
    private readonly (byte[] Name, byte[] Key) _sha256;

    internal OcspIssuer(Authority authority)
    {
        Authority = authority;
        using var certificate = X509CertificateLoader.LoadCertificate(authority.Certificate.Span);
        var key = KeyOf(certificate.PublicKey.ExportSubjectPublicKeyInfo());
        _sha1 = (Sha1(authority.SubjectName.Span), Sha1(key));
        _sha256 = (SHA256.HashData(authority.SubjectName.Span), SHA256.HashData(key));
    }

    internal Authority Authority { get; }

    /// <summary>True when it is the issuer that a CertID means: both hashes count.</summary>
    internal bool IsMeantBy(OcspCertId certId)
    {
        if (certId.Hash == OcspHash.Other) return false;
        var (name, key) = certId.Hash == OcspHash.Sha1 ? _sha1 : _sha256;
        return certId.IssuerKeyHash.Span.SequenceEqual(key) && certId.IssuerNameHash.Span.SequenceEqual(name);
    }

    /// <summary>The SHA-1 of a public key: KeyHash of a ResponderID (RFC 6960 §4.2.1), and of a CertID.</summary>
    internal static byte[] KeyHash(ReadOnlySpan<byte> subjectPublicKeyInfo) => Sha1(KeyOf(subjectPublicKeyInfo));

    // The value of the BIT STRING, without tag, length and unused bits.
    private static byte[] KeyOf(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var info = new DerReader(subjectPublicKeyInfo).ReadSequence();
        _ = info.ReadEncoded();
        return info.ReadBitString(out _).ToArray();
    }

#pragma warning disable CA5350 // RFC 6960 names things by it; what is signed is signed with SHA-256 or better.
    private static byte[] Sha1(ReadOnlySpan<byte> data) => SHA1.HashData(data);
#pragma warning restore CA5350
}
