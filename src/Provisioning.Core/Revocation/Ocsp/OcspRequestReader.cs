using System.Formats.Asn1;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;
using Provisioning.Core.Encoding;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>
/// Reads an OCSPRequest (RFC 6960 §4.1.1): DER only, because appendix A.1 wants it, and because one request must not have two spellings
/// that caches keep apart. A signature is read over and not verified, as §4.1.2 and RFC 9919 §3.1.2 allow: everybody may ask.
/// </summary>
public static class OcspRequestReader
{
    /// <summary>So many certificates in one request, at most: each costs a read of the registry.</summary>
    public const int MaxCertIds = 16;

    private const int MaxDepth = 16;
    private const int MaxSerialOctets = 20;
    private const int MaxNonce = 128;

    private static readonly Asn1Tag Context0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Context1 = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag Context2 = new(TagClass.ContextSpecific, 2, isConstructed: true);

    /// <summary>Reads a request.</summary>
    /// <param name="der">All of it; what is returned keeps slices of it.</param>
    /// <returns>The request; null when it is malformed (<see cref="OcspResponseStatus.MalformedRequest"/>).</returns>
    public static OcspRequest? TryRead(ReadOnlyMemory<byte> der)
    {
        // Most junk ends here, without the cost of an exception.
        if (DerStructure.Check(der.Span, MaxDepth) != DerStructure.Verdict.Good) return null;
        try
        {
            return Read(der);
        }
        catch (AsnContentException)
        {
            // DER, and something else than a request: an answer, not an accident.
            return null;
        }
    }

    private static OcspRequest? Read(ReadOnlyMemory<byte> der)
    {
        var request = new DerReader(der.Span).ReadSequence();
        var tbs = request.ReadSequence();
        if (request.NextIs(Context0)) PassSignature(request.ReadSequence(Context0));
        request.ExpectEnd();

        // version is not read: the only one is v1, which DER leaves out because it is the default (X.690 §11.5).
        if (tbs.NextIs(Context1)) PassRequestorName(tbs.ReadSequence(Context1));
        var list = tbs.ReadSequence();
        var certIds = new List<OcspCertId>(1);
        while (list.HasData)
        {
            if (certIds.Count == MaxCertIds || ReadOne(der, list.ReadSequence()) is not { } certId) return null;
            certIds.Add(certId);
        }

        ReadOnlyMemory<byte>? nonce = null;
        if (tbs.NextIs(Context2) && !TryReadExtensions(der, tbs.ReadSequence(Context2), ref nonce)) return null;
        tbs.ExpectEnd();
        return certIds.Count > 0 ? new OcspRequest(certIds, nonce) : null;
    }

    private static OcspCertId? ReadOne(ReadOnlyMemory<byte> der, DerReader one)
    {
        var encoded = one.ReadEncoded();
        var certId = ReadCertId(der, SliceOf(der, encoded), new DerReader(encoded).ReadSequence());
        ReadOnlyMemory<byte>? ignored = null;
        if (one.NextIs(Context0) && !TryReadExtensions(der, one.ReadSequence(Context0), ref ignored)) return null;
        one.ExpectEnd();
        return certId;
    }

    private static OcspCertId? ReadCertId(ReadOnlyMemory<byte> der, ReadOnlyMemory<byte> encoded, DerReader certId)
    {
        var algorithm = certId.ReadSequence();
        var oid = algorithm.ReadOid();
        var hash = oid.SequenceEqual(OcspOids.Sha1) ? OcspHash.Sha1 : oid.SequenceEqual(OcspOids.Sha256) ? OcspHash.Sha256 : OcspHash.Other;

        // RFC 5754 §2: the parameters are absent or NULL, and both are accepted. What others have is theirs.
        if (hash == OcspHash.Other)
        {
            if (algorithm.HasData) _ = algorithm.ReadEncoded();
        }
        else if (algorithm.HasData && !IsNull(ref algorithm))
        {
            return null;
        }

        algorithm.ExpectEnd();
        var name = certId.ReadOctetString();
        var key = certId.ReadOctetString();
        var serial = certId.ReadInteger();
        certId.ExpectEnd();
        var length = hash switch
        {
            OcspHash.Sha1 => SHA1.HashSizeInBytes,
            OcspHash.Sha256 => SHA256.HashSizeInBytes,
            _ => -1,
        };
        if (length >= 0 && (name.Length != length || key.Length != length)) return null;

        // RFC 5280 §4.1.2.2: positive, and no longer than 20 octets.
        if (serial.Length > MaxSerialOctets || (serial[0] & 0x80) != 0 || !SerialNumber.TryFromOctets(serial, out var serialNumber)) return null;
        return new OcspCertId(encoded, hash, SliceOf(der, name), SliceOf(der, key), serialNumber);
    }

    private static bool IsNull(ref DerReader reader) => reader.ReadPrimitive(out var tag).IsEmpty && tag == Asn1Tag.Null;

    // Extensions of the request, or of one certificate in it. A critical one that is not known is refused (RFC 6960 §4.4).
    private static bool TryReadExtensions(ReadOnlyMemory<byte> der, DerReader wrapper, ref ReadOnlyMemory<byte>? nonce)
    {
        var extensions = wrapper.ReadSequence();
        wrapper.ExpectEnd();
        if (!extensions.HasData) return false;
        var seen = new List<ReadOnlyMemory<byte>>(2);
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var oid = SliceOf(der, extension.ReadOid());
            var isCritical = false;
            if (extension.NextIs(Asn1Tag.Boolean))
            {
                isCritical = extension.ReadBoolean();
                if (!isCritical) return false; // the default, which DER leaves out
            }

            var value = extension.ReadOctetString();
            extension.ExpectEnd();
            foreach (var other in seen)
                if (other.Span.SequenceEqual(oid.Span)) return false;
            seen.Add(oid);
            if (oid.Span.SequenceEqual(OcspOids.Nonce))
            {
                if (!IsNonce(value)) return false;
                nonce = SliceOf(der, value);
            }
            else if (oid.Span.SequenceEqual(OcspOids.AcceptableResponses))
            {
                PassAcceptableResponses(value);
            }
            else if (isCritical)
            {
                return false;
            }
        }

        return true;
    }

    // RFC 9654 §2.1: Nonce ::= OCTET STRING (SIZE (1..128)); any other length is a malformed request.
    private static bool IsNonce(ReadOnlySpan<byte> value)
    {
        var reader = new DerReader(value);
        var nonce = reader.ReadOctetString();
        reader.ExpectEnd();
        return nonce.Length is >= 1 and <= MaxNonce;
    }

    // RFC 6960 §4.4.3: whoever sends it must take the basic response, which is the only one there is here.
    private static void PassAcceptableResponses(ReadOnlySpan<byte> value)
    {
        var reader = new DerReader(value);
        var types = reader.ReadSequence();
        reader.ExpectEnd();
        while (types.HasData) _ = types.ReadOid();
    }

    private static void PassRequestorName(DerReader wrapper)
    {
        _ = wrapper.ReadEncoded();
        wrapper.ExpectEnd();
    }

    private static void PassSignature(DerReader wrapper)
    {
        var signature = wrapper.ReadSequence();
        wrapper.ExpectEnd();
        _ = signature.ReadSequence();
        _ = signature.ReadBitString(out _);
        if (signature.NextIs(Context0))
        {
            var certificates = signature.ReadSequence(Context0);
            _ = certificates.ReadSequence();
            certificates.ExpectEnd();
        }

        signature.ExpectEnd();
    }

    private static ReadOnlyMemory<byte> SliceOf(ReadOnlyMemory<byte> der, ReadOnlySpan<byte> part) =>
        part.IsEmpty ? default : der.Span.Overlaps(part, out var offset) ? der.Slice(offset, part.Length) : throw new ArgumentException("Not a part.");
}
