using System.Collections.Frozen;
using System.Formats.Asn1;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Births;

/// <summary>What a manufacturer has revoked: a complete CRL of one of its authorities.</summary>
public sealed class ManufacturerCrl
{
    private readonly CrlFacts _facts;
    private readonly FrozenSet<SerialNumber> _revoked;

    private ManufacturerCrl(ReadOnlyMemory<byte> der, CrlFacts facts, FrozenSet<SerialNumber> revoked)
    {
        Der = der;
        _facts = facts;
        _revoked = revoked;
    }

    /// <summary>All of it, DER.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>Its number, dates and size.</summary>
    public CrlStatus Status => _facts.Status;

    internal CrlFacts Facts => _facts;

    /// <summary>Reads a CRL.</summary>
    /// <param name="der">The CRL.</param>
    /// <returns>Null when it is not a complete v2 CRL with a number and a nextUpdate, or has critical extensions that would limit it.</returns>
    public static ManufacturerCrl? TryRead(ReadOnlyMemory<byte> der)
    {
        if (CrlFacts.TryRead("", der) is not { } facts) return null;
        try
        {
            return ReadRevoked(facts.Tbs) is { } revoked ? new ManufacturerCrl(der, facts, revoked) : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>Is a certificate in it?</summary>
    /// <param name="serialNumber">Its serial number.</param>
    /// <returns>True when it is revoked or on hold.</returns>
    public bool Lists(SerialNumber serialNumber) => _revoked.Contains(serialNumber);

    /// <summary>Does it replace another one?</summary>
    /// <param name="other">The one that is known, or null.</param>
    /// <returns>True when number and date say so.</returns>
    public bool IsNewerThan(ManufacturerCrl? other) =>
        other is null || (Status.Number > other.Status.Number && Status.ThisUpdate >= other.Status.ThisUpdate);

    // CrlFacts has walked over all of it before.
    private static FrozenSet<SerialNumber>? ReadRevoked(ReadOnlyMemory<byte> tbs)
    {
        var content = new AsnReader(tbs, AsnEncodingRules.DER).ReadSequence();
        for (var skipped = 0; skipped < 5; skipped++) _ = content.ReadEncodedValue();
        var revoked = new HashSet<SerialNumber>();
        if (content.PeekTag() == Asn1Tag.Sequence)
        {
            for (var entries = content.ReadSequence(); entries.HasData;)
            {
                var entry = entries.ReadSequence();
                var octets = entry.ReadIntegerBytes();

                // The magnitude of a negative one is the serial number of another certificate.
                if (octets.Span[0] >= 0x80 || !SerialNumber.TryFromOctets(octets.Span, out var serialNumber)) return null;
                _ = entry.ReadEncodedValue();

                // certificateIssuer, which is critical, would make the entry one of somebody else.
                if (entry.HasData && HasCritical(entry.ReadSequence())) return null;
                revoked.Add(serialNumber);
            }
        }

        var extensions = content.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
        return HasCritical(extensions) ? null : revoked.ToFrozenSet();
    }

    // issuingDistributionPoint is the usual one: the CRL is not for all certificates then (RFC 5280 §5.2.5).
    private static bool HasCritical(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            _ = extension.ReadObjectIdentifier();
            if (extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean()) return true;
        }

        return false;
    }
}
