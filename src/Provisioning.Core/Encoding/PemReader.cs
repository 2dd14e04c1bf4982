using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Encoding;

/// <summary>
/// Reads one PEM object (RFC 7468), strictly and in one pass: the framework's own reader takes quadratic time on
/// repeated boundaries.
/// <para>Accepted: one object whose label is one of those asked for; base64 in lines of at most 76 characters that end
/// with LF or CRLF; spaces and line breaks before and after it.</para>
/// <para>Refused: text before or after it, a byte order mark, tabs, CR alone, headers (RFC 1421), blank lines or spaces
/// inside, the whole base64 on one long line, a second object, a label in lower case, labels that differ.</para>
/// </summary>
public static class PemReader
{
    // RFC 7468 §2 asks generators for 64; the 76 of RFC 2045 come from common base64 tools and are harmless.
    private const int MaxLine = 76;
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";
    private const string Dashes = "-----";

    /// <summary>Takes the octets out of a PEM object.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="labels">The labels that are accepted, in upper case.</param>
    /// <param name="maxLength">The longest text, in characters; a longer one is refused before a character is
    /// read.</param>
    /// <returns>
    /// The octets, or a refusal: <see cref="RefusalCode.TooLarge"/>, or <see cref="RefusalCode.Malformed"/> with what
    /// is wrong.
    /// </returns>
    public static Outcome<byte[]> Read(ReadOnlySpan<char> text, ReadOnlySpan<string> labels, int maxLength)
    {
        if (text.Length > maxLength)
            return new Refusal(RefusalCode.TooLarge, $"The PEM text is longer than {maxLength} characters.");

        var rest = text.TrimStart(" \r\n");
        if (Label(Base64Lines.TakeLine(ref rest), Begin) is not { } begin)
        {
            return Malformed(
                $"The text does not start with a line such as {Begin}{labels[0]}{Dashes} and a line break.");
        }

        if (!labels.Contains(begin))
            return Malformed($"The PEM label is not the expected one. Expected: {string.Join(" or ", labels)}.");

        var end = rest.IndexOf('-');
        if (end <= 0 || rest[end - 1] != '\n')
            return Malformed($"The line {End}{begin}{Dashes} is missing, or no base64 stands before it.");

        var body = rest[..end];
        rest = rest[end..];
        if (Label(Base64Lines.TakeLine(ref rest).TrimEnd(' '), End) != begin)
            return Malformed($"The PEM object does not end with the line {End}{begin}{Dashes}.");

        return HasOnlyBlanks(text, rest)
            ? Base64Lines.Decode(body, MaxLine)
            : Malformed("Something follows the PEM object. Send exactly one object, and nothing after it.");
    }

    private static string? Label(ReadOnlySpan<char> line, string opening) =>
        line.Length > opening.Length + Dashes.Length
        && line.StartsWith(opening, StringComparison.Ordinal)
        && line.EndsWith(Dashes, StringComparison.Ordinal)
            ? line[opening.Length..^Dashes.Length].ToString()
            : null;

    // A carriage return without a line feed is refused outside the object too: one rule for the whole text.
    private static bool HasOnlyBlanks(ReadOnlySpan<char> text, ReadOnlySpan<char> after)
    {
        if (after.IndexOfAnyExcept(" \r\n") >= 0)
            return false;

        for (var cr = text.IndexOf('\r'); cr >= 0; cr = text.IndexOf('\r'))
        {
            if (cr + 1 == text.Length || text[cr + 1] != '\n')
                return false;
            text = text[(cr + 2)..];
        }

        return true;
    }

    private static Refusal Malformed(string detail) => new(RefusalCode.Malformed, detail);
}
