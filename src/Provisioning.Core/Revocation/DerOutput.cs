using System.Formats.Asn1;

namespace Provisioning.Core.Revocation;

/// <summary>Where encoded octets go: a hash, a file, or both.</summary>
/// <param name="octets">The next ones; only valid during the call.</param>
internal delegate void OctetSink(ReadOnlySpan<byte> octets);

/// <summary>
/// Writes DER forwards, in chunks, so that a structure of any size costs one buffer. Lengths come before contents in
/// DER, so the caller has to know them; <see cref="AsnWriter"/>, which finds them out itself, holds everything in
/// memory.
/// </summary>
/// <param name="sink">Gets the octets, in order.</param>
internal sealed class DerOutput(OctetSink sink)
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _used;

    /// <summary>How many octets the tag and length of a value take.</summary>
    /// <param name="length">Of the value's content.</param>
    /// <returns>2 or more.</returns>
    public static int HeaderLength(long length)
    {
        var octets = 2;
        for (var rest = length; length > 0x7F && rest > 0; rest >>= 8) octets++;
        return octets;
    }

    /// <summary>How many octets <see cref="WriteTime"/> writes.</summary>
    /// <param name="at">The time.</param>
    /// <returns>15 or 17.</returns>
    public static int TimeLength(DateTimeOffset at) => IsUtcTime(at) ? 15 : 17;

    /// <summary>Writes a tag and a length.</summary>
    /// <param name="tag">The tag's octet.</param>
    /// <param name="length">Of the content that follows.</param>
    public void WriteHeader(byte tag, long length)
    {
        var octets = HeaderLength(length) - 2;
        var target = Take(2 + octets);
        target[0] = tag;
        target[1] = octets == 0 ? (byte)length : (byte)(0x80 | octets);
        for (var i = 0; i < octets; i++) target[2 + i] = (byte)(length >> (8 * (octets - 1 - i)));
    }

    /// <summary>Writes octets as they are.</summary>
    /// <param name="octets">Encoded already.</param>
    public void WriteRaw(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > _buffer.Length)
        {
            Flush();
            sink(octets);
            return;
        }

        octets.CopyTo(Take(octets.Length));
    }

    /// <summary>
    /// Writes a Time: UTCTime for 1950 through 2049, GeneralizedTime otherwise, in whole seconds (RFC 5280 §5.1.2.4 to
    /// §5.1.2.6).
    /// </summary>
    /// <param name="at">The time; a fraction of a second is cut off.</param>
    public void WriteTime(DateTimeOffset at)
    {
        var utc = at.UtcDateTime;
        var target = Take(TimeLength(at));
        target[0] = (byte)(target.Length == 15 ? UniversalTagNumber.UtcTime : UniversalTagNumber.GeneralizedTime);
        target[1] = (byte)(target.Length - 2);
        if (target.Length == 17) WriteTwoDigits(target[2..], utc.Year / 100);
        var rest = target[^13..];
        WriteTwoDigits(rest, utc.Year % 100);
        WriteTwoDigits(rest[2..], utc.Month);
        WriteTwoDigits(rest[4..], utc.Day);
        WriteTwoDigits(rest[6..], utc.Hour);
        WriteTwoDigits(rest[8..], utc.Minute);
        WriteTwoDigits(rest[10..], utc.Second);
        rest[12] = (byte)'Z';
    }

    /// <summary>Hands over what is still buffered. Must be called at the end.</summary>
    public void Flush()
    {
        sink(_buffer.AsSpan(0, _used));
        _used = 0;
    }

    private static bool IsUtcTime(DateTimeOffset at) => at.UtcDateTime.Year is >= 1950 and <= 2049;

    private static void WriteTwoDigits(Span<byte> target, int value)
    {
        target[0] = (byte)('0' + (value / 10));
        target[1] = (byte)('0' + (value % 10));
    }

    private Span<byte> Take(int length)
    {
        if (length > _buffer.Length - _used) Flush();
        var target = _buffer.AsSpan(_used, length);
        _used += length;
        return target;
    }
}
