using System.Globalization;
using Provisioning.Cli.Api;

namespace Provisioning.Cli.Lots;

/// <summary>Consecutive device IDs on the command line: the first and the last one.</summary>
internal static class UnitRange
{
    /// <summary>How it is written.</summary>
    internal const string Form = "the first and the last ID of the same length, such as PUMP-000001..PUMP-001010";

    private const int MaxDigits = 18;

    /// <summary>Reads a range.</summary>
    internal static LotRange Read(string text)
    {
        if (text.Split("..") is [var first, var last] && first.Length == last.Length)
        {
            var digits = Math.Min(MaxDigits, Math.Min(DigitsOf(first), DigitsOf(last)));
            var prefix = first[..^digits];
            if (digits > 0 && last.StartsWith(prefix, StringComparison.Ordinal))
                return new LotRange(prefix, NumberOf(first, digits), NumberOf(last, digits), digits);
        }

        throw FailureException.Usage($"--range is {Form}.");
    }

    /// <summary>Writes a range.</summary>
    internal static string Write(LotRange range) => $"{IdOf(range, range.First)}..{IdOf(range, range.Last)}";

    private static string IdOf(LotRange range, long number) =>
        range.Prefix + number.ToString("D" + range.Width, CultureInfo.InvariantCulture);

    private static int DigitsOf(string id) => id.Length - id.AsSpan().TrimEnd("0123456789").Length;

    private static long NumberOf(string id, int digits) => long.Parse(id[^digits..], CultureInfo.InvariantCulture);
}
