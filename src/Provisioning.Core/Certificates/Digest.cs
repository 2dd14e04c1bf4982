using System.Security.Cryptography;

namespace Provisioning.Core.Certificates;

/// <summary>A SHA-256 hash, compared by value: of a certificate, of a SubjectPublicKeyInfo, of a TBSCertificate, of a request.</summary>
public readonly struct Digest : IEquatable<Digest>
{
    private readonly byte[]? _octets;

    private Digest(byte[] octets) => _octets = octets;

    /// <summary>Hashes bytes.</summary>
    /// <param name="data">What to hash.</param>
    /// <returns>Their SHA-256.</returns>
    public static Digest Of(ReadOnlySpan<byte> data) => new(SHA256.HashData(data));

    /// <summary>Takes a hash as it was stored.</summary>
    /// <param name="octets">32 octets; the digest owns the array from now on.</param>
    /// <returns>The digest.</returns>
    /// <exception cref="ArgumentException">Not 32 octets.</exception>
    public static Digest FromOctets(byte[] octets) => octets.Length == SHA256.HashSizeInBytes
        ? new Digest(octets)
        : throw new ArgumentException("A SHA-256 hash has 32 octets.", nameof(octets));

    /// <summary>Reads a hash as people write it.</summary>
    /// <param name="text">64 hexadecimal digits in either case.</param>
    /// <param name="digest">The digest.</param>
    /// <returns>False when it is none.</returns>
    public static bool TryParse(string? text, out Digest digest)
    {
        var good = text is { Length: 2 * SHA256.HashSizeInBytes } && text.All(char.IsAsciiHexDigit);
        digest = good ? new Digest(Convert.FromHexString(text!)) : default;
        return good;
    }

    /// <summary>The 32 octets; not to be changed.</summary>
    /// <returns>The array that this digest holds.</returns>
    public byte[] ToOctets() => _octets ?? throw new InvalidOperationException("A digest that was never set.");

    /// <summary>Upper-case hex.</summary>
    /// <returns>64 digits.</returns>
    public override string ToString() => Convert.ToHexString(ToOctets());

    /// <inheritdoc/>
    public bool Equals(Digest other) => _octets.AsSpan().SequenceEqual(other._octets);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _octets is { } octets ? BitConverter.ToInt32(octets) : 0;

    /// <summary>The same hash.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    /// <summary>Another hash.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);
}
