using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Credentials;

/// <summary>
/// The text of an enrollment token: <c>PVT1.id.secret</c>. Upper-case letters and digits without I, L, O and U, so that it survives labels,
/// shells and people, and takes the small alphanumeric form in a QR code. The secret has 160 random bits, so a plain hash of it is as good
/// as a slow one.
/// </summary>
public sealed class TokenText
{
    private const string Prefix = "PVT1.";
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int IdLength = 16;
    private const int SecretLength = 32;

    /// <summary>The length of every token, in characters.</summary>
    public const int Length = 5 + IdLength + 1 + SecretLength;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    private TokenText(string value) => Value = value;

    /// <summary>The whole text. It is the secret: for its holder only, never for a log or a row.</summary>
    public string Value { get; }

    /// <summary>The part that names the token, and is no secret.</summary>
    public string Id => Value.Substring(Prefix.Length, IdLength);

    /// <summary>The SHA-256 of the whole text: all that is kept of it.</summary>
    public Digest Hash => Digest.Of(System.Text.Encoding.ASCII.GetBytes(Value));

    /// <summary>A key that only who has the token, and this service while it is shown, can derive: HKDF (RFC 5869) with SHA-256 over the text, without salt.</summary>
    /// <param name="use">What the key is for; another use has another key.</param>
    /// <returns>256 bits; the caller owns them.</returns>
    public byte[] DeriveKey(ReadOnlySpan<byte> use) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, System.Text.Encoding.ASCII.GetBytes(Value), SHA256.HashSizeInBytes, info: use.ToArray());

    /// <summary>Makes one.</summary>
    /// <returns>A text that nobody knows yet.</returns>
    public static TokenText NewRandom() => new(
        $"{Prefix}{RandomNumberGenerator.GetString(Alphabet, IdLength)}.{RandomNumberGenerator.GetString(Alphabet, SecretLength)}");

    /// <summary>Takes a text that has the form of a token.</summary>
    /// <param name="text">What a caller sent.</param>
    /// <param name="token">The token.</param>
    /// <returns>False when it cannot be one.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TokenText? token)
    {
        token = text is { Length: Length }
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && text[Prefix.Length + IdLength] == '.'
            && IsOfAlphabet(text.AsSpan(Prefix.Length, IdLength))
            && IsOfAlphabet(text.AsSpan(Length - SecretLength))
            ? new TokenText(text)
            : null;
        return token is not null;
    }

    /// <summary>Names it in a log without giving it away.</summary>
    /// <returns>The ID.</returns>
    public override string ToString() => Id;

    private static bool IsOfAlphabet(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Allowed);
}
