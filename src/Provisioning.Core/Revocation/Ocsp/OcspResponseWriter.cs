using System.Formats.Asn1;
using Provisioning.Core.Authorities;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>Writes OCSPResponse (RFC 6960 §4.2.1). The signature is made by <see cref="OcspSigner"/>.</summary>
internal static class OcspResponseWriter
{
    private const int UsualLength = 1024;

    private static readonly Asn1Tag Context0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Context1 = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag Context2 = new(TagClass.ContextSpecific, 2, isConstructed: true);
    private static readonly Asn1Tag Good = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Unknown = new(TagClass.ContextSpecific, 2);
    private static readonly byte[] BasicOid = [0x06, (byte)OcspOids.Basic.Length, .. OcspOids.Basic];
    private static readonly byte[] NonceOid = [0x06, (byte)OcspOids.Nonce.Length, .. OcspOids.Nonce];
    private static readonly byte[] ArchiveCutoffOid = [0x06, (byte)OcspOids.ArchiveCutoff.Length, .. OcspOids.ArchiveCutoff];

    /// <summary>An answer without a signature.</summary>
    /// <param name="status">Any but successful.</param>
    /// <returns>Five octets.</returns>
    internal static byte[] Error(OcspResponseStatus status) => [0x30, 0x03, 0x0A, 0x01, (byte)status];

    /// <summary>Writes the ResponseData, which is signed.</summary>
    /// <param name="keyHash">The responder, byKey (RFC 9919 §3.2.2).</param>
    /// <param name="thisUpdate">When the status was read, and about when this is signed; whole seconds.</param>
    /// <param name="nextUpdate">Until when it may be used; whole seconds.</param>
    /// <param name="certificates">What is said of which certificate.</param>
    /// <param name="archiveCutoff">Since when the status of expired certificates is kept (RFC 6960 §4.4.4).</param>
    /// <param name="nonce">The DER of the nonce, or null.</param>
    internal static byte[] ResponseData(
        ReadOnlySpan<byte> keyHash,
        DateTimeOffset thisUpdate,
        DateTimeOffset nextUpdate,
        ReadOnlySpan<(OcspCertId CertId, OcspCertStatus Status)> certificates,
        DateTimeOffset archiveCutoff,
        ReadOnlyMemory<byte>? nonce)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, UsualLength);
        using (writer.PushSequence())
        {
            // ResponderID: byKey [2] KeyHash. version is v1, the default.
            using (writer.PushSequence(Context2)) writer.WriteOctetString(keyHash);
            WriteTime(writer, thisUpdate);
            using (writer.PushSequence())
                foreach (var (certId, status) in certificates) WriteSingle(writer, certId, status, thisUpdate, nextUpdate, archiveCutoff);
            if (nonce is { } octets) WriteExtensions(writer, NonceOid, octets.Span);
        }

        return writer.Encode();
    }

    /// <summary>Puts a signed answer together.</summary>
    /// <param name="responseData">What was signed.</param>
    /// <param name="algorithm">How.</param>
    /// <param name="signature">The signature.</param>
    /// <param name="certificate">The responder's certificate.</param>
    internal static byte[] Successful(
        ReadOnlySpan<byte> responseData, SignatureAlgorithm algorithm, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> certificate)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, UsualLength + certificate.Length);
        using (writer.PushSequence())
        {
            writer.WriteEnumeratedValue(OcspResponseStatus.Successful);
            using (writer.PushSequence(Context0))
            using (writer.PushSequence())
            {
                writer.WriteEncodedValue(BasicOid);
                using (writer.PushOctetString())
                using (writer.PushSequence())
                {
                    writer.WriteEncodedValue(responseData);
                    writer.WriteEncodedValue(algorithm.Identifier.Span);
                    writer.WriteBitString(signature);
                    using (writer.PushSequence(Context0))
                    using (writer.PushSequence())
                        writer.WriteEncodedValue(certificate);
                }
            }
        }

        return writer.Encode();
    }

    private static void WriteSingle(
        AsnWriter writer,
        OcspCertId certId,
        OcspCertStatus status,
        DateTimeOffset thisUpdate,
        DateTimeOffset nextUpdate,
        DateTimeOffset archiveCutoff)
    {
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(certId.Encoded.Span);
            WriteStatus(writer, status);
            WriteTime(writer, thisUpdate);
            using (writer.PushSequence(Context0)) WriteTime(writer, nextUpdate);
            if (!status.HasExpired) return;
            var cutoff = new AsnWriter(AsnEncodingRules.DER, initialCapacity: 32);
            WriteTime(cutoff, archiveCutoff);
            WriteExtensions(writer, ArchiveCutoffOid, cutoff.Encode());
        }
    }

    private static void WriteStatus(AsnWriter writer, OcspCertStatus status)
    {
        switch (status.Kind)
        {
            case OcspCertStatusKind.Good:
                writer.WriteNull(Good);
                return;
            case OcspCertStatusKind.Unknown:
                writer.WriteNull(Unknown);
                return;
        }

        using (writer.PushSequence(Context1))
        {
            WriteTime(writer, status.RevokedAt!.Value);
            if (status.Reason is not { } reason) return;
            using (writer.PushSequence(Context0)) writer.WriteEnumeratedValue(reason);
        }
    }

    // [1] EXPLICIT, with one extension. Never critical: clients need not know either of them.
    private static void WriteExtensions(AsnWriter writer, byte[] oid, ReadOnlySpan<byte> value)
    {
        using (writer.PushSequence(Context1))
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(oid);
            writer.WriteOctetString(value);
        }
    }

    private static void WriteTime(AsnWriter writer, DateTimeOffset time) => writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
}
