using System.Buffers;

using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Encoding;

/// <summary>
/// Strict base64 (RFC 4648 §4) on one or more lines: the standard alphabet, the padding where it belongs, unused bits
/// zero (§3.5), lines ended by LF or CRLF, and nothing else; so that one text has one meaning.
/// </summary>
internal static class Base64Lines
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet + "=");

    /// <summary>Decodes what stands between two boundaries, or a whole field.</summary>
    /// <param name="text">The lines; the last may end without a line break.</param>
    /// <param name="maxLine">The longest line, in characters.</param>
    /// <returns>The octets.</returns>
    public static Outcome<byte[]> Decode(ReadOnlySpan<char> text, int maxLine)
    {
        var joined = new char[text.Length];
        var count = 0;
        while (!text.IsEmpty)
        {
            var line = TakeLine(ref text);
            if (line.IsEmpty)
                return Malformed("The base64 text holds an empty line.");
            if (line.Length > maxLine)
                return Malformed($"A line of base64 is longer than {maxLine} characters; break the lines at 64.");
            if (line.IndexOfAnyExcept(Allowed) >= 0)
            {
                return Malformed(
                    "The base64 text holds a character that is not base64. Spaces, tabs, headers and a carriage return "
                    + "without a line feed are not accepted inside it.");
            }

            line.CopyTo(joined.AsSpan(count));
            count += line.Length;
        }

        return DecodeJoined(joined.AsSpan(0, count));
    }

    /// <summary>Takes one line and its end, LF or CRLF, off the front.</summary>
    /// <param name="text">What is left.</param>
    /// <returns>The line without its end; a lone CR stays in it, to be refused as a character.</returns>
    public static ReadOnlySpan<char> TakeLine(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOf('\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return end >= 0 && line.EndsWith('\r') ? line[..^1] : line;
    }

    private static Outcome<byte[]> DecodeJoined(ReadOnlySpan<char> base64)
    {
        if (base64.IsEmpty || base64.Length % 4 != 0)
            return Malformed("The base64 text is cut off: its length is not a multiple of 4 characters.");

        var data = base64.TrimEnd('=');
        var padding = base64.Length - data.Length;
        // 2 characters of padding leave 4 unused bits in the last character, 1 leaves 2.
        var unused = (1 << (2 * padding)) - 1;
        if (padding > 2 || data.Contains('=') || (Alphabet.IndexOf(data[^1], StringComparison.Ordinal) & unused) != 0)
            return Malformed("The padding of the base64 text is wrong.");

        var octets = new byte[(base64.Length / 4 * 3) - padding];
        return Convert.TryFromBase64Chars(base64, octets, out var written) && written == octets.Length
            ? octets
            : Malformed("The text is not base64.");
    }

    private static Refusal Malformed(string detail) => new(RefusalCode.Malformed, detail);
}
