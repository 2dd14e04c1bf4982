using System.Formats.Asn1;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>
/// What a CRL says about itself: strict DER, v2, with nextUpdate and a CRL number, which RFC 5280 §5 demands of everyone who issues one. Says nothing about its signature until <see cref="IsSignedBy"/> is
/// asked.
/// </summary>
internal sealed class CrlFacts
{
    /// <summary>The TBSCertList, DER.</summary>
    public required ReadOnlyMemory<byte> Tbs { get; init; }

    /// <summary>The object identifier of the signature algorithm.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The content of the signature's BIT STRING.</summary>
    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The issuer's name, DER.</summary>
    public required ReadOnlyMemory<byte> Issuer { get; init; }

    /// <summary>The value of its issuingDistributionPoint, DER; empty when it has none.</summary>
    public required ReadOnlyMemory<byte> DistributionPoint { get; init; }

    /// <summary>What readers of it see.</summary>
    public required CrlStatus Status { get; init; }

    /// <summary>Reads a complete CRL, which is no delta.</summary>
    /// <param name="authority">The authority that it is taken to belong to.</param>
    /// <param name="der">The file.</param>
    /// <returns>The facts, or null when it is not such a CRL.</returns>
    public static CrlFacts? TryRead(string authority, ReadOnlyMemory<byte> der) => TryRead(new CrlName(authority), der);

    /// <summary>Reads a CRL.</summary>
    /// <param name="name">Which one it is taken to be.</param>
    /// <param name="der">The file.</param>
    /// <returns>The facts, or null when it is not such a CRL: a delta where a complete one is expected, too.</returns>
    public static CrlFacts? TryRead(CrlName name, ReadOnlyMemory<byte> der)
    {
        try
        {
            return Read(name, der);
        }
        catch (AsnContentException)
        {
            // Not DER, or not a CertificateList: an answer, not an accident.
            return null;
        }
    }

    /// <summary>Whether an authority made it.</summary>
    /// <param name="authority">Whose name and key are compared.</param>
    /// <returns>True when it names the authority as its issuer and verifies under the authority's key.</returns>
    public bool IsSignedBy(Authority authority)
    {
        if (!Issuer.Span.SequenceEqual(authority.SubjectName.Span)) return false;
        using var verifier = new AuthorityVerifier(authority);
        return verifier.IsGood(Algorithm, Tbs.Span, Signature.Span);
    }

    private static CrlFacts? Read(CrlName name, ReadOnlyMemory<byte> der)
    {
        var file = new AsnReader(der, AsnEncodingRules.DER);
        var list = file.ReadSequence();
        file.ThrowIfNotEmpty();
        var tbs = list.PeekEncodedValue();
        var content = list.ReadSequence();
        var algorithm = list.ReadEncodedValue();
        var signature = list.ReadBitString(out var unused);
        list.ThrowIfNotEmpty();
        if (unused != 0) return null;

        if (!content.TryReadInt32(out var version) || version != 1) return null;

        // RFC 5280 §5.1.1.2: inside and outside MUST be the same.
        if (!content.ReadEncodedValue().Span.SequenceEqual(algorithm.Span)) return null;
        var issuer = content.ReadEncodedValue();
        var thisUpdate = ReadTime(content);
        if (!IsTime(content)) return null;
        var nextUpdate = ReadTime(content);
        var hasEntries = content.HasData && content.PeekTag() == Asn1Tag.Sequence;
        var entries = hasEntries ? CountEntries(content.ReadSequence()) : 0;
        if (!content.HasData) return null;
        var extensions = Extensions.TryRead(content.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)));
        content.ThrowIfNotEmpty();
        if (extensions is not { Number: { } number } || extensions.BaseNumber is not null != name.IsDelta) return null;

        return new CrlFacts
        {
            Tbs = tbs,
            Algorithm = new AsnReader(algorithm, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier(),
            Signature = signature,
            Issuer = issuer,
            DistributionPoint = extensions.DistributionPoint,
            Status = new CrlStatus
            {
                Authority = name.Scope.Authority,
                Shard = name.Scope.Shard,
                BaseNumber = extensions.BaseNumber,
                Number = number,
                ThisUpdate = thisUpdate,
                NextUpdate = nextUpdate,
                Entries = entries,
                Hash = Digest.Of(der.Span),
            },
        };
    }

    private static bool IsTime(AsnReader reader) =>
        reader.HasData && (reader.PeekTag() == Asn1Tag.UtcTime || reader.PeekTag() == Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag() == Asn1Tag.UtcTime ? reader.ReadUtcTime(2049) : reader.ReadGeneralizedTime();

    private static int CountEntries(AsnReader entries)
    {
        var count = 0;
        for (; entries.HasData; count++)
        {
            var entry = entries.ReadSequence();
            _ = entry.ReadIntegerBytes();
            _ = ReadTime(entry);
            if (entry.HasData) _ = entry.ReadSequence();
            entry.ThrowIfNotEmpty();
        }

        return count;
    }

    // Of all extensions, those that say which CRL it is. Numbers fit 63 bits.
    private sealed record Extensions(long? Number, long? BaseNumber, ReadOnlyMemory<byte> DistributionPoint)
    {
        public static Extensions? TryRead(AsnReader wrapper)
        {
            var list = wrapper.ReadSequence();
            wrapper.ThrowIfNotEmpty();
            var found = new Dictionary<string, ReadOnlyMemory<byte>>();
            while (list.HasData)
            {
                var extension = list.ReadSequence();
                var id = extension.ReadObjectIdentifier();
                if (extension.PeekTag() == Asn1Tag.Boolean) _ = extension.ReadBoolean();
                var isNew = found.TryAdd(id, extension.ReadOctetString());
                extension.ThrowIfNotEmpty();
                if (!isNew) return null;
            }

            if (!TryReadNumber(found, CrlExtensions.CrlNumber, out var number)
                || !TryReadNumber(found, CrlExtensions.DeltaIndicator, out var baseNumber))
            {
                return null;
            }

            return new Extensions(number, baseNumber, found.GetValueOrDefault(CrlExtensions.IssuingDistributionPoint));
        }

        private static bool TryReadNumber(Dictionary<string, ReadOnlyMemory<byte>> found, string id, out long? number)
        {
            number = null;
            if (!found.TryGetValue(id, out var value)) return true;
            var reader = new AsnReader(value, AsnEncodingRules.DER);
            var read = reader.ReadInteger();
            reader.ThrowIfNotEmpty();
            if (read < 0 || read > long.MaxValue) return false;
            number = (long)read;
            return true;
        }
    }
}
