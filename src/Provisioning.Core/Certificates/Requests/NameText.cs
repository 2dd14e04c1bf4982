using System.Globalization;
using System.Text;

using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// What text may name something. Not a character set of device IDs, which is narrower and the core's: here is refused
/// what could be shown as, or compared to be, something else than it is.
/// </summary>
internal static class NameText
{
    // Neither combining marks (refused by category below) nor these: what is left is in normalization form C by itself
    // (the code points with NFC_Quick_Check = No or Maybe of Unicode 15, in ranges rounded up to their neighbors), and
    // is visible (the fillers and the blank of Braille are not). String.IsNormalized says yes to everything under
    // InvariantGlobalization.
    private static readonly (int First, int Last)[] Unstable =
    [
        (0x0374, 0x0374), (0x037E, 0x037E), (0x0387, 0x0387), (0x0958, 0x095F), (0x09DC, 0x09DF), (0x0A33, 0x0A36),
        (0x0A59, 0x0A5E), (0x0B5C, 0x0B5D), (0x0F43, 0x0F69), (0x1100, 0x11FF), (0x1F00, 0x1FFF), (0x2126, 0x212B),
        (0x2329, 0x232A), (0x2800, 0x2800), (0x2ADC, 0x2ADC), (0x3164, 0x3164), (0xF900, 0xFAFF), (0xFB1D, 0xFB4E),
        (0xFF00, 0xFFFF), (0x1D15E, 0x1D1C0), (0x2F800, 0x2FA1F),
    ];

    /// <summary>Checks a name. It is taken as it stands: nothing is trimmed, folded or normalized.</summary>
    /// <param name="text">The name.</param>
    /// <param name="what">The subject of the sentence that a person gets to read.</param>
    /// <param name="maxLength">The longest, in code points.</param>
    /// <returns>Null, or why not.</returns>
    public static Refusal? Check(string text, string what, int maxLength)
    {
        if (text.Length == 0)
            return RequestRefusals.BadCsr(what + " is empty.");
        if (text[0] == ' ' || text[^1] == ' ')
            return RequestRefusals.BadCsr(what + " starts or ends with a space.");

        var (length, latin, foreign) = (0, false, false);
        for (var rest = text.AsSpan(); !rest.IsEmpty; length++)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != System.Buffers.OperationStatus.Done
                || !IsAccepted(rune))
            {
                return RequestRefusals.BadCsr(
                    what + " holds a character that is not accepted: a control, an invisible, a bidirectional or "
                    + "a combining "
                    + "one, or one that is not in normalization form C.");
            }

            latin |= rune.IsAscii && Rune.IsLetter(rune);
            foreign |= rune.Value >= 0x0370 && Rune.IsLetter(rune);
            rest = rest[consumed..];
        }

        if (latin && foreign)
        {
            return RequestRefusals.BadCsr(what + " mixes Latin letters with those of another script that may look "
            + "like them.");
        }

        return length > maxLength ? RequestRefusals.BadCsr($"{what} is longer than {maxLength} characters.") : null;
    }

    private static bool IsAccepted(Rune rune)
    {
        if (rune.IsAscii)
            return rune.Value is >= 0x20 and < 0x7F;

        foreach (var (first, last) in Unstable)
        {
            if (rune.Value >= first && rune.Value <= last)
                return false;
        }

        return Rune.GetUnicodeCategory(rune) is
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation
            or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
            or UnicodeCategory.OtherPunctuation or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol
            or UnicodeCategory.OtherSymbol;
    }
}
