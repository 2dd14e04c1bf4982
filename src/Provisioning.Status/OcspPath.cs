namespace Provisioning.Status;

/// <summary>
/// Takes the request out of the address of a GET (RFC 6960 appendix A.1): base64, its <c>/</c>, <c>+</c> and <c>=</c> percent-encoded or as
/// they are. Read from the target as it was sent, because between here and there paths are decoded and tidied.
/// </summary>
internal static class OcspPath
{
    private const string Prefix = "/ocsp/";

    /// <summary>Decodes a target.</summary>
    /// <param name="target">The request-target (RFC 9112 §3.2), in origin or absolute form.</param>
    /// <returns>The octets; null when they are not base64 in its one spelling. Padding may be left out altogether.</returns>
    internal static byte[]? TryDecode(string target)
    {
        var path = PathOf(target);
        if (!path.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return null;

        // Where the address in a certificate ends with a slash, some clients add another. No request begins with one.
        return TryUnescape(path[Prefix.Length..].TrimStart('/')) is { } text ? TryDecodeBase64(text) : null;
    }

    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (target.StartsWith('/') || scheme < 0) return target;
        var rest = target[(scheme + 3)..];
        var slash = rest.IndexOf('/');
        return slash < 0 ? default : rest[slash..];
    }

    // Once: what is percent-encoded twice is not base64 afterwards.
    private static string? TryUnescape(ReadOnlySpan<char> text)
    {
        if (!text.Contains('%')) return text.ToString();
        var plain = new char[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                plain[length++] = text[i];
                continue;
            }

            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])) return null;
            plain[length++] = (char)Convert.FromHexString(text.Slice(i + 1, 2))[0];
            i += 2;
        }

        return new string(plain, 0, length);
    }

    private static byte[]? TryDecodeBase64(string text)
    {
        var bare = text.TrimEnd('=');
        var padded = bare.PadRight((bare.Length + 3) / 4 * 4, '=');
        if (text.Length != bare.Length && text != padded) return null;
        var octets = new byte[padded.Length / 4 * 3];

        // The platform passes over white space and bits that stand for nothing: then it is not what it would write.
        return Convert.TryFromBase64String(padded, octets, out var length) && Convert.ToBase64String(octets, 0, length) == padded
            ? octets[..length]
            : null;
    }
}
