using System.Formats.Asn1;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Core.Certificates;

/// <summary>The subjects that this service writes, one attribute in each RDN (RFC 5280 §4.1.2.4).</summary>
internal static class DistinguishedName
{
    /// <summary>A subject of one common name.</summary>
    internal static byte[] Encode(string commonName) => Encode([new SubjectValue(SubjectAttribute.CommonName, commonName)]);

    internal static byte[] Encode(IReadOnlyList<SubjectValue> values)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, initialCapacity: 96);
        using (writer.PushSequence())
        {
            foreach (var (type, value) in values)
            {
                using (writer.PushSetOf())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(type.Oid);
                    writer.WriteCharacterString(type.StringType, value);
                }
            }
        }

        return writer.Encode();
    }
}
