using System.Formats.Asn1;

namespace Provisioning.Core.Certificates.Lint;

/// <summary>
/// What the rules look at: the planned bytes taken apart, and what is known of the issuer (of itself, for a root).
/// </summary>
internal sealed class LintSubject
{
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private List<string>? _extendedKeyUsages;
    private List<(int Tag, ReadOnlyMemory<byte> Encoded)>? _alternativeNames;

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

    /// <summary>The extended key usages, dotted; empty when there is no such extension.</summary>
    internal IReadOnlyList<string> ExtendedKeyUsages => _extendedKeyUsages ??= Purposes.Of(Tbs);

    /// <summary>The alternative names, each with the number of its tag (-1 for none of GeneralName's); empty without the extension.</summary>
    internal IReadOnlyList<(int Tag, ReadOnlyMemory<byte> Encoded)> AlternativeNames => _alternativeNames ??= ReadAlternativeNames();

    internal bool HasSubject => Tbs.Subject.Length > 2;

    private static (bool IsAuthority, int? PathLength) ReadBasicConstraints(CertificateExtension? extension)
    {
        if (extension is null) return (false, null);
        var sequence = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        var isAuthority = sequence.HasData && sequence.PeekTag() == Asn1Tag.Boolean && sequence.ReadBoolean();
        int? length = sequence.HasData && sequence.TryReadInt32(out var value) ? value : null;
        return (isAuthority, length);
    }

    private List<(int Tag, ReadOnlyMemory<byte> Encoded)> ReadAlternativeNames()
    {
        var all = new List<(int, ReadOnlyMemory<byte>)>(4);
        if (Tbs.Find(Oids.SubjectAltName) is not { } extension) return all;
        var names = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var tag = names.PeekTag();
            all.Add((tag.TagClass == TagClass.ContextSpecific ? tag.TagValue : -1, names.ReadEncodedValue()));
        }

        return all;
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
