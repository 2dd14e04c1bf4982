using System.Formats.Asn1;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>The extensions of RFC 5280 §5.2 that CRLs of this service carry.</summary>
internal static class CrlExtensions
{
    internal const string CrlNumber = "2.5.29.20";
    internal const string DeltaIndicator = "2.5.29.27";
    internal const string IssuingDistributionPoint = "2.5.29.28";
    internal const string FreshestCrl = "2.5.29.46";

    private static readonly Asn1Tag KeyIdentifierTag = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag WrapperTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>Writes those of a CRL.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="crl">The CRL.</param>
    internal static void Write(AsnWriter writer, CrlWriter crl)
    {
        // §5.2.1, in its key identifier form.
        Write(writer, Oids.AuthorityKeyIdentifier, critical: false, () =>
        {
            using (writer.PushSequence()) writer.WriteOctetString(crl.AuthorityKeyIdentifier.Span, KeyIdentifierTag);
        });

        // §5.2.3.
        Write(writer, CrlNumber, critical: false, () => writer.WriteInteger(crl.Number));

        // §5.2.4: critical, because whoever takes a delta for a complete CRL misses nearly everything.
        if (crl.BaseNumber is { } number) Write(writer, DeltaIndicator, critical: true, () => writer.WriteInteger(number));

        // §5.2.5: critical for the same reason.
        if (crl.DistributionPoint.Count > 0)
        {
            Write(writer, IssuingDistributionPoint, critical: true,
                () => writer.WriteEncodedValue(DistributionPointOf(crl.DistributionPoint)));
        }

        // §5.2.6: in complete CRLs only.
        if (crl.DeltaAddress is not { } address) return;
        Write(writer, FreshestCrl, critical: false, () =>
        {
            using (writer.PushSequence()) writer.WriteEncodedValue(DistributionPointOf([address]));
        });
    }

    /// <summary>
    /// <c>SEQUENCE { [0] { [0] { [6] address … } } }</c>: both an IssuingDistributionPoint and a DistributionPoint with nothing but a
    /// fullName.
    /// </summary>
    /// <param name="addresses">At least one.</param>
    /// <returns>DER.</returns>
    internal static byte[] DistributionPointOf(IReadOnlyList<string> addresses)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(WrapperTag))
        using (writer.PushSequence(WrapperTag))
            foreach (var address in addresses) writer.WriteCharacterString(UniversalTagNumber.IA5String, address, UriTag);
        return writer.Encode();
    }

    private static void Write(AsnWriter writer, string oid, bool critical, Action value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            if (critical) writer.WriteBoolean(true);
            using (writer.PushOctetString()) value();
        }
    }
}
