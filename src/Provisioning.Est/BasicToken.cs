using System.Text;
using Microsoft.Extensions.Primitives;

namespace Provisioning.Est;

/// <summary>Takes the enrollment token out of HTTP Basic (RFC 7617), the only way that EST clients have to send one.</summary>
public static class BasicToken
{
    private const string Scheme = "Basic";

    // A token has 54 characters; the user name is the client's affair. Longer than anybody types, and no work.
    private const int MaxLength = 1024;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the header. Whatever claims to be Basic counts as a token, however malformed: none is ever passed over.</summary>
    /// <param name="authorization">The header's values.</param>
    /// <returns>The password, empty when there is none to be read; null where the header has nothing of it.</returns>
    public static string? Read(StringValues authorization)
    {
        if (!authorization.Any(IsBasic)) return null;
        return authorization is [{ } only] && only.Length <= MaxLength ? PasswordOf(only.AsSpan().Trim()[Scheme.Length..].Trim()) : "";
    }

    // The first colon ends the user name (RFC 7617 §2), whatever that is: a token says by itself who it is.
    private static string PasswordOf(ReadOnlySpan<char> credentials)
    {
        Span<byte> octets = stackalloc byte[MaxLength];
        if (!Convert.TryFromBase64Chars(credentials, octets, out var length)) return "";
        var colon = octets[..length].IndexOf((byte)':');
        if (colon < 0) return "";
        try
        {
            return Utf8.GetString(octets[(colon + 1)..length]);
        }
        catch (DecoderFallbackException)
        {
            return "";
        }
    }

    private static bool IsBasic(string? value)
    {
        var text = value.AsSpan().Trim();
        return text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && (text.Length == Scheme.Length || text[Scheme.Length] is ' ' or '\t');
    }
}
