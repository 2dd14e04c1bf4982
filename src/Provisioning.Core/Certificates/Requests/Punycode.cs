using System.Globalization;
using System.Text;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Tells whether what follows <c>xn--</c> is Punycode (RFC 3492 §6.2) of a label in lower case. Not the whole of
/// IDNA2008 (RFC 5892 has tables for each code point): enough that the name decodes, and to letters, marks and digits.
/// </summary>
internal static class Punycode
{
    private const int Base = 36;
    private const int MinThreshold = 1;
    private const int MaxThreshold = 26;

    public static bool IsLabel(ReadOnlySpan<char> encoded)
    {
        var delimiter = encoded.LastIndexOf('-');
        var count = Math.Max(delimiter, 0);
        var deltas = encoded[(delimiter + 1)..];
        // Without a delta there is nothing but ASCII, which needs no A-label; an empty first part has no delimiter.
        if (deltas.IsEmpty || delimiter == 0)
            return false;

        var (code, index, bias) = (0x80, 0, 72);
        for (var first = true; !deltas.IsEmpty; first = false)
        {
            if (!TryReadDelta(ref deltas, bias, out var delta))
                return false;
            count++;
            bias = Adapt(delta, count, first);
            code += (index + delta) / count;
            index = ((index + delta) % count) + 1;
            if (!Rune.IsValid(code) || !IsAccepted(new Rune(code)))
                return false;
        }

        return true;
    }

    private static bool TryReadDelta(ref ReadOnlySpan<char> deltas, int bias, out int delta)
    {
        long sum = 0;
        long weight = 1;
        delta = 0;
        for (var k = Base; !deltas.IsEmpty; k += Base)
        {
            var digit = char.IsAsciiLetterLower(deltas[0]) ? deltas[0] - 'a'
                : char.IsAsciiDigit(deltas[0]) ? deltas[0] - '0' + 26 : Base;
            deltas = deltas[1..];
            sum += digit * weight;
            // 63 letters of U+10FFFF stay below 2^27.
            if (digit == Base || sum > 1 << 27)
                return false;

            var threshold = Math.Clamp(k - bias, MinThreshold, MaxThreshold);
            if (digit < threshold)
            {
                delta = (int)sum;
                return true;
            }

            weight = Math.Min(weight * (Base - threshold), 1L << 32);
        }

        return false;
    }

    // RFC 3492 §6.1.
    private static int Adapt(int delta, int count, bool first)
    {
        delta = first ? delta / 700 : delta / 2;
        delta += delta / count;
        var k = 0;
        for (; delta > (Base - MinThreshold) * MaxThreshold / 2; k += Base)
            delta /= Base - MinThreshold;
        return k + ((Base - MinThreshold + 1) * delta / (delta + 38));
    }

    private static bool IsAccepted(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber;
}
