using System.Buffers;
using System.Globalization;
using System.Text;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// What people write down for people: it stands in logs, in the audit and in signed reports, so it is one line, and what is seen of it
/// is what it says (no characters that turn the direction of others).
/// </summary>
public static class FreeText
{
    // UAX #9 §2: what turns the direction of the text around it.
    private static readonly SearchValues<char> Turning =
        SearchValues.Create("\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069");

    /// <summary>Judges a text.</summary>
    /// <param name="text">The text, or null.</param>
    /// <param name="most">The longest that is kept, in characters.</param>
    /// <returns>What is wrong with it, for people; null when nothing is.</returns>
    public static string? Check(string? text, int most) => text is null || (text.Length <= most && IsOneLine(text))
        ? null
        : $"At most {most} characters are kept, all of them printable and on one line.";

    // Joiners belong to the writing of Persian and to many an emoji; what this runtime does not know yet may be a letter.
    private static bool IsOneLine(string text)
    {
        if (text.AsSpan().ContainsAny(Turning)) return false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse)
            {
                return false;
            }
        }

        return true;
    }
}
