using System.Formats.Asn1;

namespace Provisioning.Core.Certificates;

/// <summary>The subjects that this service writes: one common name, as UTF8String (RFC 5280 §4.1.2.4).</summary>
internal static class DistinguishedName
{
    /// <summary>The longest common name (ub-common-name, RFC 5280 appendix A.1).</summary>
    internal const int MaxCommonName = 64;

    internal static byte[] Encode(string commonName)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, initialCapacity: 96);
        using (writer.PushSequence())
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.CommonName);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, commonName);
        }

        return writer.Encode();
    }
}
