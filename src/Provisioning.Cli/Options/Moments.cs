using System.Globalization;

namespace Provisioning.Cli.Options;

/// <summary>Times on the command line.</summary>
internal static class Moments
{
    /// <summary>How they are written.</summary>
    internal const string Form = "a time such as 2027-01-31T18:00Z, or from now: 30d, 12h, 90m";

    /// <summary>Reads a time, to the second and in UTC, as the service takes it.</summary>
    internal static string Read(string text, string option, DateTimeOffset now)
    {
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (TryReadSpan(text) is { } span) return Write(now + span);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var time)
            ? Write(time)
            : throw FailureException.Usage($"{option} is {Form}.");
    }

    /// <summary>Reads a span such as 6h, and writes it as the service takes it (ISO 8601).</summary>
    internal static string ReadSpan(string text, string option) => TryReadSpan(text) is null
        ? throw FailureException.Usage($"{option} is a span such as 30d, 12h or 90m.")
        : text[^1] == 'd' ? $"P{text[..^1]}D" : $"PT{text[..^1]}{char.ToUpperInvariant(text[^1])}";

    /// <summary>Writes a time as the service takes it.</summary>
    internal static string Write(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static TimeSpan? TryReadSpan(string text)
    {
        if (text.Length is < 2 or > 7 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        return text[^1] switch
        {
            'd' => TimeSpan.FromDays(number),
            'h' => TimeSpan.FromHours(number),
            'm' => TimeSpan.FromMinutes(number),
            _ => null,
        };
    }
}
