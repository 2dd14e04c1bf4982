using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Core.Certificates;

/// <summary>What goes into one certificate, before it is bytes.</summary>
internal sealed record CertificateDraft(Profile Profile, SubjectPublicKey Key, CertificateNames Names, Validity Validity)
{
    /// <summary>Alternative names beyond those of the profile.</summary>
    internal IReadOnlyList<GeneralName> ExtraNames { get; init; } = [];

    /// <summary>Writes the TBSCertificate.</summary>
    /// <param name="serialNumber">Its serial number.</param>
    /// <param name="signature">How it will be signed.</param>
    /// <param name="issuer">DER of the issuer's subject; null for a root, which names itself.</param>
    /// <param name="constant">The extensions that <see cref="ConstantExtensions"/> keeps.</param>
    internal byte[] Write(
        SerialNumber serialNumber, SignatureAlgorithm signature, ReadOnlyMemory<byte>? issuer, IEnumerable<byte[]> constant)
    {
        var subject = DistinguishedName.Encode(Names.Subject);
        return TbsCertificateWriter.Write(
            serialNumber, signature, issuer ?? subject, Validity, subject, Key.SubjectPublicKeyInfo, constant.Concat(OwnExtensions()));
    }

    private IEnumerable<byte[]> OwnExtensions()
    {
        yield return CertificateExtensions.SubjectKeyIdentifier(CertificateExtensions.KeyIdentifier(Key.SubjectPublicKeyInfo.Span));
        var names = ExtraNames.Count == 0 ? Names.AlternativeNames : [.. Names.AlternativeNames, .. ExtraNames];

        // RFC 5280 §4.2.1.6: critical where the subject is empty, and not where it is not.
        if (names.Count > 0) yield return CertificateExtensions.SubjectAltName(names, critical: Names.Subject.Count == 0);
    }
}
