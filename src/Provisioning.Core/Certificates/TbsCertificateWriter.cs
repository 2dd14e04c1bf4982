using System.Formats.Asn1;
using Provisioning.Core.Authorities;

namespace Provisioning.Core.Certificates;

/// <summary>Writes the TBSCertificate of RFC 5280 §4.1, version 3, exactly as it will be signed.</summary>
internal static class TbsCertificateWriter
{
    private const int Version3 = 2;
    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3, isConstructed: true);

    internal static byte[] Write(
        SerialNumber serialNumber,
        SignatureAlgorithm signature,
        ReadOnlyMemory<byte> issuer,
        Validity validity,
        ReadOnlyMemory<byte> subject,
        ReadOnlyMemory<byte> subjectPublicKeyInfo,
        IEnumerable<byte[]> extensions)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, initialCapacity: 1024);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(VersionTag)) writer.WriteInteger(Version3);
            writer.WriteIntegerUnsigned(serialNumber.ToOctets());
            writer.WriteEncodedValue(signature.Identifier.Span);
            writer.WriteEncodedValue(issuer.Span);
            using (writer.PushSequence())
            {
                Validity.WriteTime(writer, validity.NotBefore);
                Validity.WriteTime(writer, validity.NotAfter);
            }

            writer.WriteEncodedValue(subject.Span);
            writer.WriteEncodedValue(subjectPublicKeyInfo.Span);
            using (writer.PushSequence(ExtensionsTag))
            using (writer.PushSequence())
                foreach (var extension in extensions) writer.WriteEncodedValue(extension);
        }

        return writer.Encode();
    }

    /// <summary>The Certificate: what was to be signed, the algorithm, and the signature (RFC 5280 §4.1.1).</summary>
    internal static byte[] Assemble(ReadOnlySpan<byte> tbs, SignatureAlgorithm algorithm, ReadOnlySpan<byte> signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, tbs.Length + signature.Length + 32);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(tbs);
            writer.WriteEncodedValue(algorithm.Identifier.Span);
            writer.WriteBitString(signature);
        }

        return writer.Encode();
    }
}
