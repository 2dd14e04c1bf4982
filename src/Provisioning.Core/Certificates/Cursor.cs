using System.Buffers.Binary;
using System.Buffers.Text;

namespace Provisioning.Core.Certificates;

/// <summary>
/// A place in a list: the key of the last row of a page. Text on the wire, opaque to callers; parsed at the door, so that one
/// that no list ever gave is refused there. One of another list is some place in this one, never an error.
/// </summary>
/// <param name="Number">The number in the key: a time in Unix milliseconds or a sequence; 0 where the key has none.</param>
/// <param name="Text">The text in the key, ASCII, at most 64 octets; empty where the key has none.</param>
public readonly record struct Cursor(long Number, string Text)
{
    private const byte Version = 1;
    private const int FixedOctets = 1 + sizeof(long);
    private const int MaxTextOctets = 64;

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">What the caller sent.</param>
    /// <param name="cursor">The place.</param>
    /// <returns>False when it is not a cursor.</returns>
    public static bool TryParse(string? text, out Cursor cursor)
    {
        cursor = default;
        if (text is null || text.Length > Base64Url.GetEncodedLength(FixedOctets + MaxTextOctets)) return false;
        Span<byte> octets = stackalloc byte[FixedOctets + MaxTextOctets];
        if (!Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, octets, out var length)) return false;
        if (length < FixedOctets || octets[0] != Version) return false;
        if (octets[FixedOctets..length].ContainsAnyExceptInRange((byte)0x21, (byte)0x7E)) return false;
        cursor = new Cursor(
            BinaryPrimitives.ReadInt64BigEndian(octets[1..]), System.Text.Encoding.ASCII.GetString(octets[FixedOctets..length]));
        return true;
    }

    /// <summary>The cursor as it goes into an answer.</summary>
    /// <returns>Base64url without padding.</returns>
    public override string ToString()
    {
        Span<byte> octets = stackalloc byte[FixedOctets + MaxTextOctets];
        octets[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(octets[1..], Number);
        var length = FixedOctets + System.Text.Encoding.ASCII.GetBytes(Text, octets[FixedOctets..]);
        return Base64Url.EncodeToString(octets[..length]);
    }
}
