using System.Security.Cryptography;

namespace Provisioning.Core.Certificates;

/// <summary>
/// A certificate serial number: 1 to 20 octets, positive, as the content of its DER INTEGER without a leading zero octet
/// (RFC 5280 §4.1.2.2). Written everywhere as upper-case hex without separators.
/// </summary>
public readonly struct SerialNumber : IEquatable<SerialNumber>
{
    private const int RandomOctets = 16;

    // Held as text so that it compares, hashes and prints without a conversion; the octets are made when they are written.
    private readonly string? _hex;

    private SerialNumber(string hex) => _hex = hex;

    /// <summary>
    /// A new serial number: 16 octets from the system's random source, the top bit cleared and the first octet not zero,
    /// so that every one has the same DER length (RFC 5280 §4.1.2.2 asks for positive and at most 20 octets).
    /// </summary>
    /// <returns>The serial number; at least 126 bits of it are random.</returns>
    public static SerialNumber NewRandom()
    {
        Span<byte> octets = stackalloc byte[RandomOctets];
        do
        {
            RandomNumberGenerator.Fill(octets);
            octets[0] &= 0x7F;
        }
        while (octets[0] == 0);
        return new SerialNumber(Convert.ToHexString(octets));
    }

    /// <summary>Takes the content octets of a DER INTEGER or their equal without the sign octet.</summary>
    /// <param name="octets">Big-endian, unsigned.</param>
    /// <param name="serialNumber">The serial number.</param>
    /// <returns>False for zero, and for more than 20 octets.</returns>
    public static bool TryFromOctets(ReadOnlySpan<byte> octets, out SerialNumber serialNumber)
    {
        octets = octets.TrimStart((byte)0);
        serialNumber = octets.Length is > 0 and <= 20 ? new SerialNumber(Convert.ToHexString(octets)) : default;
        return octets.Length is > 0 and <= 20;
    }

    /// <summary>Reads any spelling that people paste: upper or lower case, with or without colons, with leading zeros.</summary>
    /// <param name="text">Hexadecimal; never decimal, which could not be told apart.</param>
    /// <param name="serialNumber">The serial number.</param>
    /// <returns>False when it is not hexadecimal, zero, or longer than 20 octets.</returns>
    public static bool TryParse(string? text, out SerialNumber serialNumber)
    {
        serialNumber = default;
        if (text is null || text.Length is 0 or > 64) return false;
        var hex = text.Contains(':', StringComparison.Ordinal) ? JoinOctets(text) : text;
        if (hex is null || !hex.All(char.IsAsciiHexDigit)) return false;
        return TryFromOctets(Convert.FromHexString(hex.Length % 2 == 0 ? hex : "0" + hex), out serialNumber);
    }

    /// <summary>The octets, big-endian, without a sign octet.</summary>
    /// <returns>A new array of 1 to 20 octets.</returns>
    public byte[] ToOctets() => Convert.FromHexString(ToString());

    /// <summary>Upper-case hex without separators.</summary>
    /// <returns>2 to 40 digits.</returns>
    public override string ToString() => _hex ?? throw new InvalidOperationException("A serial number that was never set.");

    /// <inheritdoc/>
    public bool Equals(SerialNumber other) => string.Equals(_hex, other._hex, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SerialNumber other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _hex?.GetHashCode(StringComparison.Ordinal) ?? 0;

    /// <summary>The same number.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(SerialNumber left, SerialNumber right) => left.Equals(right);

    /// <summary>Another number.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(SerialNumber left, SerialNumber right) => !left.Equals(right);

    private static string? JoinOctets(string text)
    {
        var parts = text.Split(':');
        return parts.All(part => part.Length == 2) ? string.Concat(parts) : null;
    }
}
