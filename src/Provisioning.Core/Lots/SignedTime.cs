using System.Text.Json;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Lots;

/// <summary>
/// Tells the time so that it can be proved: for a device that cannot judge the server's certificate before it knows the time, or that
/// comes through a gateway. The nonce is the device's own, so that no older statement can be shown to it.
/// </summary>
/// <param name="key">Signs it.</param>
public sealed class SignedTime(ReportKey key)
{
    /// <summary>The <c>typ</c> of statements (RFC 7515 §4.1.9): the media type without <c>application/</c>.</summary>
    public const string Type = "provisioning-time+jws";

    private const int ShortestNonce = 16;
    private const int LongestNonce = 64;

    /// <summary>What a nonce is.</summary>
    public const string NonceRule = "A nonce is 16 to 64 of A-Z a-z 0-9 - _, new for each request.";

    /// <summary>Says whether a text can be a nonce.</summary>
    /// <param name="text">What the caller sent.</param>
    /// <returns>True when <see cref="SignAsync"/> takes it.</returns>
    public static bool IsNonce(string text) =>
        text.Length is >= ShortestNonce and <= LongestNonce && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Signs the time.</summary>
    /// <param name="subject">The name of the caller.</param>
    /// <param name="nonce">Its nonce.</param>
    /// <param name="ct">Gives up waiting for the key.</param>
    /// <returns>
    /// A compact JWS (RFC 7515 §3.1) with the claims <c>iat</c> (Unix seconds), <c>nonce</c> and <c>sub</c> (RFC 7519 §4.1); or the refusal of
    /// a clock that is not to be believed, or of the pipeline that makes the key's certificate.
    /// </returns>
    /// <exception cref="StorageUnavailableException">The key's certificate cannot be looked up now.</exception>
    public ValueTask<Outcome<string>> SignAsync(string subject, string nonce, CancellationToken ct) => key.SignTimeAsync(Type, now => Write(subject, nonce, now), ct);

    private static byte[] Write(string subject, string nonce, DateTimeOffset now)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteString("nonce", nonce);
            json.WriteString("sub", subject);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
