using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// What people write down for people: it stands in logs, in the audit and in signed reports, so it is one line, and what is seen of it
/// is what it says (no characters that turn the direction of others).
/// </summary>
public static class FreeText
{
    private static readonly FrozenSet<UnicodeCategory> Unprintable =
    [
        UnicodeCategory.Control,
        UnicodeCategory.Format,
        UnicodeCategory.LineSeparator,
        UnicodeCategory.ParagraphSeparator,
        UnicodeCategory.PrivateUse,
        UnicodeCategory.OtherNotAssigned,
    ];

    /// <summary>Judges a text.</summary>
    /// <param name="text">The text, or null.</param>
    /// <param name="most">The longest that is kept, in characters.</param>
    /// <returns>What is wrong with it, for people; null when nothing is.</returns>
    public static string? Check(string? text, int most) => text is null || (text.Length <= most && IsPrintable(text))
        ? null
        : $"At most {most} characters are kept, all of them printable and on one line.";

    /// <summary>Looks for characters that cannot be printed, and for halves of surrogate pairs.</summary>
    /// <param name="text">The text.</param>
    /// <returns>False when it has one.</returns>
    public static bool IsPrintable(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Unprintable.Contains(Rune.GetUnicodeCategory(rune))) return false;
        }

        return true;
    }
}
