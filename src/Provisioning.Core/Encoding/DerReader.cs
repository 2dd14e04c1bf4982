using System.Formats.Asn1;

namespace Provisioning.Core.Encoding;

/// <summary>
/// A cursor over DER (X.690 §10) that allocates nothing. Each method reads the next element or throws
/// <see cref="AsnContentException"/>; a decoder catches that at one place.
/// </summary>
internal ref struct DerReader(ReadOnlySpan<byte> data)
{
    // Long enough for an arc of 128 bits (a UUID below 2.25); what registries assign has 10 octets or so.
    private const int MaxOidOctets = 32;

    private ReadOnlySpan<byte> _rest = data;

    public readonly bool HasData => !_rest.IsEmpty;

    public readonly bool NextIs(Asn1Tag tag) =>
        !_rest.IsEmpty && Asn1Tag.TryDecode(_rest, out var next, out _) && next == tag;

    /// <summary>An element with its tag and length.</summary>
    public ReadOnlySpan<byte> ReadEncoded()
    {
        AsnDecoder.ReadEncodedValue(_rest, AsnEncodingRules.DER, out _, out _, out var consumed);
        return Take(0, consumed, consumed);
    }

    /// <summary>The content of an element that must be primitive, and its tag.</summary>
    public ReadOnlySpan<byte> ReadPrimitive(out Asn1Tag tag)
    {
        tag = AsnDecoder.ReadEncodedValue(
            _rest, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
        return tag.IsConstructed ? throw new AsnContentException() : Take(offset, length, consumed);
    }

    public DerReader ReadSequence(Asn1Tag? tag = null)
    {
        AsnDecoder.ReadSequence(_rest, AsnEncodingRules.DER, out var offset, out var length, out var consumed, tag);
        return new DerReader(Take(offset, length, consumed));
    }

    /// <summary>
    /// A SET OF in whatever order. DER sorts it; encoders in small devices do not always, and nothing is built from the
    /// order.
    /// </summary>
    public DerReader ReadSetOf(Asn1Tag? tag = null)
    {
        AsnDecoder.ReadSetOf(
            _rest, AsnEncodingRules.DER, out var offset, out var length, out var consumed,
            skipSortOrderValidation: true, tag);
        return new DerReader(Take(offset, length, consumed));
    }

    /// <summary>
    /// The octets of an object identifier, compared as they are; one that is not minimal or too long is refused.
    /// </summary>
    public ReadOnlySpan<byte> ReadOid()
    {
        var oid = ReadPrimitive(out var tag);
        if (tag != Asn1Tag.ObjectIdentifier || oid.Length is 0 or > MaxOidOctets || (oid[^1] & 0x80) != 0)
            throw new AsnContentException();
        for (var i = 0; i < oid.Length; i++)
        {
            // X.690 §8.19.2: the first octet of an arc is not 0x80.
            if (oid[i] == 0x80 && (i == 0 || (oid[i - 1] & 0x80) == 0))
                throw new AsnContentException();
        }

        return oid;
    }

    /// <summary>The two's complement octets of an integer, minimal.</summary>
    public ReadOnlySpan<byte> ReadInteger()
    {
        var value = AsnDecoder.ReadIntegerBytes(_rest, AsnEncodingRules.DER, out var consumed);
        _rest = _rest[consumed..];
        return value;
    }

    public bool ReadBoolean()
    {
        var value = AsnDecoder.ReadBoolean(_rest, AsnEncodingRules.DER, out var consumed);
        _rest = _rest[consumed..];
        return value;
    }

    public ReadOnlySpan<byte> ReadOctetString()
    {
        var octets = ReadPrimitive(out var tag);
        return tag == Asn1Tag.PrimitiveOctetString ? octets : throw new AsnContentException();
    }

    /// <summary>The octets of a bit string, and how many bits of the last one are unused; those are zero.</summary>
    public ReadOnlySpan<byte> ReadBitString(out int unusedBits)
    {
        if (!AsnDecoder.TryReadPrimitiveBitString(
            _rest, AsnEncodingRules.DER, out unusedBits, out var value, out var consumed))
        {
            throw new AsnContentException();
        }

        _rest = _rest[consumed..];
        return value;
    }

    public readonly void ExpectEnd()
    {
        if (HasData)
            throw new AsnContentException();
    }

    private ReadOnlySpan<byte> Take(int offset, int length, int consumed)
    {
        var taken = _rest.Slice(offset, length);
        _rest = _rest[consumed..];
        return taken;
    }
}
