using System.Globalization;

namespace Provisioning.Rest.Wire;

/// <summary>Reads times as they are written here: RFC 3339 in UTC, with <c>Z</c>, to the second or the millisecond.</summary>
internal static class UtcTime
{
    /// <summary>The rule in words, for refusals.</summary>
    internal const string Rule = "It is a time in UTC such as 2027-01-31T00:00:00Z.";

    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"];

    internal static bool TryParse(string? text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
