using System.Globalization;

namespace Provisioning.Rest.Wire;

/// <summary>Reads times as this API writes them: RFC 3339 in UTC with <c>Z</c>, with or without milliseconds.</summary>
internal static class UtcTime
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"];

    internal static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
