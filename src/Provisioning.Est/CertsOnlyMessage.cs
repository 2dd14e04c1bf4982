using System.Formats.Asn1;

namespace Provisioning.Est;

/// <summary>
/// The certs-only message (RFC 5751 §3.2.2, RFC 5272 §4.1): a SignedData that nobody has signed, of certificates and nothing else. No list of
/// CRLs, not even an empty one, which some parsers stumble over.
/// </summary>
internal static class CertsOnlyMessage
{
    private const string SignedData = "1.2.840.113549.1.7.2";
    private const string Data = "1.2.840.113549.1.7.1";

    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0, isConstructed: true);

    internal static byte[] Write(IEnumerable<ReadOnlyMemory<byte>> certificates)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(SignedData);
            using (writer.PushSequence(Tag0))
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                writer.PushSetOf();
                writer.PopSetOf();
                using (writer.PushSequence()) writer.WriteObjectIdentifier(Data);
                using (writer.PushSetOf(Tag0))
                {
                    foreach (var certificate in certificates) writer.WriteEncodedValue(certificate.Span);
                }

                writer.PushSetOf();
                writer.PopSetOf();
            }
        }

        return writer.Encode();
    }
}
