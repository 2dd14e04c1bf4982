using System.Formats.Asn1;

namespace Provisioning.Core.Certificates.Lint;

/// <summary>
/// What the rules look at: the planned bytes taken apart, and what is known of the issuer (of itself, for a root).
/// </summary>
internal sealed class LintSubject
{
    private const string EcPublicKey = "1.2.840.10045.2.1";

    internal LintSubject(TbsCertificate tbs, LintIssuer? issuer)
    {
        Tbs = tbs;
        Issuer = issuer;
        BasicConstraints = tbs.Find(Oids.BasicConstraints);
        (IsAuthority, PathLength) = ReadBasicConstraints(BasicConstraints);
        KeyUsageExtension = tbs.Find(Oids.KeyUsage);
        KeyUsage = ReadKeyUsage(KeyUsageExtension);
        IsEc = ReadKeyAlgorithm(tbs.SubjectPublicKeyInfo) == EcPublicKey;
    }

    internal TbsCertificate Tbs { get; }

    /// <summary>Null for a root.</summary>
    internal LintIssuer? Issuer { get; }

    internal CertificateExtension? BasicConstraints { get; }

    internal bool IsAuthority { get; }

    internal int? PathLength { get; }

    internal CertificateExtension? KeyUsageExtension { get; }

    internal KeyUsages KeyUsage { get; }

    internal bool IsEc { get; }

    internal bool HasSubject => Tbs.Subject.Length > 2;

    private static (bool IsAuthority, int? PathLength) ReadBasicConstraints(CertificateExtension? extension)
    {
        if (extension is null) return (false, null);
        var sequence = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        var isAuthority = sequence.HasData && sequence.PeekTag() == Asn1Tag.Boolean && sequence.ReadBoolean();
        int? length = sequence.HasData && sequence.TryReadInt32(out var value) ? value : null;
        return (isAuthority, length);
    }

    private static KeyUsages ReadKeyUsage(CertificateExtension? extension)
    {
        if (extension is null) return KeyUsages.None;
        var bits = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadNamedBitList();
        var usage = KeyUsages.None;
        for (var bit = 0; bit < bits.Length; bit++)
            if (bits[bit]) usage |= (KeyUsages)(1 << bit);
        return usage;
    }

    private static string ReadKeyAlgorithm(ReadOnlyMemory<byte> subjectPublicKeyInfo) =>
        new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence().ReadSequence().ReadObjectIdentifier();
}
