using System.Buffers;

using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads a uniformResourceIdentifier (RFC 5280 §4.2.1.6, RFC 3986 §4.3): absolute, ASCII, without user information.
/// </summary>
internal static class UriName
{
    private const int MaxLength = 2048;

    // RFC 3986 §2: unreserved, reserved and the percent sign. No quotes, brackets of other kinds, spaces or controls.
    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%");

    private static readonly SearchValues<char> Scheme = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789+-.");

    // They name a program or a file of whoever shows the certificate, never a device.
    private static readonly string[] NoNames = ["javascript", "vbscript", "data", "file", "blob", "about"];

    public static Refusal? Read(ReadOnlySpan<byte> octets, out GeneralName? name)
    {
        // Latin-1, so that each octet is one character and none of those above ASCII is in the set.
        var text = System.Text.Encoding.Latin1.GetString(octets);
        var refusal = Check(text);
        name = refusal is null ? new GeneralName.Uri(text) : null;
        return refusal;
    }

    /// <summary>Checks a URI.</summary>
    /// <returns>Null, or why not.</returns>
    public static Refusal? Check(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return RequestRefusals.BadCsr(
                $"A URI among the alternative names is empty or longer than {MaxLength} characters.");
        }

        if (text.AsSpan().ContainsAnyExcept(Allowed) || !HasGoodEscapes(text))
        {
            return RequestRefusals.BadCsr(
                "A URI among the alternative names holds a character that RFC 3986 does not allow.");
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon < 1 ? "" : text[..colon].ToLowerInvariant();
        if (scheme.Length == 0 || !char.IsAsciiLetter(scheme[0]) || scheme.AsSpan().ContainsAnyExcept(Scheme)
            || colon + 1 == text.Length)
        {
            return RequestRefusals.BadCsr(
                "A URI among the alternative names is not absolute: it must start with a scheme.");
        }

        if (NoNames.Contains(scheme))
            return RequestRefusals.BadCsr("A URI among the alternative names has a scheme that cannot name a device.");
        return HasGoodAuthority(text.AsSpan(colon + 1))
            ? null
            : RequestRefusals.BadCsr("A URI among the alternative names has no host, or holds user information.");
    }

    private static bool HasGoodEscapes(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOf('%'); at >= 0; at = text.IndexOf('%'))
        {
            if (text.Length < at + 3 || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
                return false;
            // %00 to %1F and %7F: whoever decodes them gets a line break or the end of a string.
            if (text[at + 1] is '0' or '1' || (text[at + 1] == '7' && text[at + 2] is 'f' or 'F'))
                return false;
            text = text[(at + 3)..];
        }

        return true;
    }

    private static bool HasGoodAuthority(ReadOnlySpan<char> rest)
    {
        if (!rest.StartsWith("//", StringComparison.Ordinal))
            return true;
        rest = rest[2..];
        var end = rest.IndexOfAny("/?#");
        var authority = end < 0 ? rest : rest[..end];
        return !authority.IsEmpty && authority[0] != ':' && !authority.Contains('@');
    }
}
