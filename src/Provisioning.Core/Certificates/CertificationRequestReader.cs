using System.Formats.Asn1;
using System.Security.Cryptography;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Certificates.Requests;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates;

/// <summary>
/// Reads a PKCS#10 certification request (RFC 2986) into facts. Decoded here and not by the framework, whose reader
/// accepts weak keys, SHA-1, malformed names, any extension and trailing bytes.
/// <para>The checks run from the cheapest to the dearest: size, DER, structure and limits, names and extensions, kind
/// of key and of signature, the arithmetic of the key, the proof of possession.</para>
/// <para>It does not know who is asking. Whether the names, the key usages and the kind of key are granted is for the
/// profile and the authorizer to say; so is whether the key is known, blocked or one of ours.</para>
/// </summary>
public static class CertificationRequestReader
{
    /// <summary>The longest request, in octets; its PEM or base64 text may not be longer either.</summary>
    public const int MaxLength = 16 * 1024;

    // A request has 8 levels of its own; the rest is for attributes that are ignored.
    private const int MaxDepth = 16;

    private static readonly Refusal NoRequest =
        RequestRefusals.BadCsr("The request is DER, but not a PKCS#10 certification request (RFC 2986 §4).");

    private static readonly Asn1Tag AttributesTag = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <summary>Decodes, checks the key, and verifies the proof of possession.</summary>
    /// <param name="der">DER of a CertificationRequest, and nothing after it.</param>
    /// <returns>
    /// The facts, or why not. <see cref="RefusalCode.Malformed"/> when it is not even DER or lacks the attributes
    /// field;
    /// <see cref="RefusalCode.BadCsr"/> and the codes beside it otherwise. No input makes it throw.
    /// </returns>
    public static Outcome<CertificationRequest> Read(ReadOnlyMemory<byte> der)
    {
        if (CheckForm(der) is { } bad) return bad;
        try
        {
            return ReadRequest(der.Span);
        }
        catch (AsnContentException)
        {
            // Thrown by the framework's primitives wherever an element is not what RFC 2986 or RFC 5280 puts there.
            return NoRequest;
        }
    }

    /// <summary>Decodes the subject, and verifies nothing: for who must know what a request names before it may cost anything.</summary>
    /// <param name="der">DER of a CertificationRequest, and nothing after it.</param>
    /// <returns>What the subject says, or why it cannot be read; as <see cref="Read"/>.</returns>
    internal static Outcome<RequestFacts> ReadSubject(ReadOnlyMemory<byte> der)
    {
        if (CheckForm(der) is { } bad) return bad;
        try
        {
            var facts = new RequestFacts();
            var info = new DerReader(der.Span).ReadSequence().ReadSequence();
            info.ReadInteger();
            return SubjectReader.Read(info.ReadSequence(), facts) is { } refusal ? refusal : facts;
        }
        catch (AsnContentException)
        {
            return NoRequest;
        }
    }

    private static Refusal? CheckForm(ReadOnlyMemory<byte> der)
    {
        if (der.Length > MaxLength)
            return new Refusal(RefusalCode.TooLarge, $"The certification request is longer than {MaxLength} octets.");
        return DerStructure.Check(der.Span, MaxDepth) switch
        {
            DerStructure.Verdict.Malformed => new Refusal(
                RefusalCode.Malformed,
                "The request is not DER: it is cut off, not minimal, or followed by more bytes."),
            DerStructure.Verdict.TooDeep => RequestRefusals.BadCsr($"The request is nested deeper than {MaxDepth} levels."),
            _ => null,
        };
    }

    // CertificationRequest ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm, signature }
    private static Outcome<CertificationRequest> ReadRequest(ReadOnlySpan<byte> der)
    {
        var outer = new DerReader(der);
        var request = outer.ReadSequence();
        var signed = request.ReadEncoded();
        var algorithm = request.ReadEncoded();
        var signature = request.ReadBitString(out var unusedBits);
        request.ExpectEnd();
        if (unusedBits != 0)
            return RequestRefusals.PopInvalid;

        var facts = new RequestFacts();
        if (ReadInfo(signed, facts, out var keyInfo) is { } badInfo)
            return badInfo;
        if (SubjectPublicKeyReader.Read(keyInfo, out var key) is { } badKind)
            return badKind;
        if (RequestSignature.Read(algorithm, key.Algorithm, out var hash) is { } badAlgorithm)
            return badAlgorithm;
        if (RsaKeyCheck.Check(key) is { } badKey)
            return badKey;
        if (RequestSignature.Verify(key, signed, signature, hash) is { } badSignature)
            return badSignature;
        return facts.ToRequest(key, facts.ChallengePassword is null ? Digest.Of(der) : HashWithoutPassword(signed));
    }

    // Each part is in DER, which says where it ends.
    private static Digest HashWithoutPassword(ReadOnlySpan<byte> encoded)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var info = new DerReader(encoded).ReadSequence();
        info.ReadInteger();
        hash.AppendData(info.ReadEncoded());
        hash.AppendData(info.ReadEncoded());
        var attributes = info.ReadSetOf(AttributesTag);
        while (attributes.HasData)
        {
            var attribute = attributes.ReadEncoded();
            if (!AttributesReader.IsPassword(attribute)) hash.AppendData(attribute);
        }

        return Digest.FromOctets(hash.GetHashAndReset());
    }

    // CertificationRequestInfo ::= SEQUENCE { version INTEGER, subject Name, subjectPKInfo, attributes [0] Attributes }
    private static Refusal? ReadInfo(ReadOnlySpan<byte> encoded, RequestFacts facts, out ReadOnlySpan<byte> keyInfo)
    {
        keyInfo = default;
        var outer = new DerReader(encoded);
        var info = outer.ReadSequence();
        if (info.ReadInteger() is not [0])
        {
            return RequestRefusals.BadCsr(
                "The version of the request is not 0, the only one that exists (RFC 2986 §4.1).");
        }

        var subject = info.ReadSequence();
        keyInfo = info.ReadEncoded();
        // Strict, because the signature covers it and no standard tells what a request without it would mean.
        if (!info.HasData)
        {
            return new Refusal(
                RefusalCode.Malformed,
                "The request lacks the attributes field, which RFC 2986 §4.1 requires even when it is empty. "
                + "Have the device add the two octets A0 00 after the public key, inside what it signs.");
        }

        var attributes = info.ReadSetOf(AttributesTag);
        info.ExpectEnd();
        return SubjectReader.Read(subject, facts) ?? AttributesReader.Read(attributes, facts);
    }
}
