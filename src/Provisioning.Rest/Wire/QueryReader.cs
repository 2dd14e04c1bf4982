using System.Globalization;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Lots;

namespace Provisioning.Rest.Wire;

/// <summary>
/// Reads the parameters of a list and keeps the first problem. A name that is unknown is one too: a filter that is
/// spelled wrong must not list everything.
/// </summary>
internal sealed class QueryReader
{
    internal const int DefaultLimit = 100;
    internal const int MaxLimit = 500;

    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(36500);

    internal QueryReader(HttpRequest request, params ReadOnlySpan<string> known)
    {
        foreach (var (name, values) in request.Query)
        {
            if (!known.Contains(name, StringComparer.Ordinal))
                Fail($"Known parameters are: {string.Join(", ", known!)}.");
            else if (values.Count != 1) Fail($"'{name}' occurs more than once.");
        }
    }

    /// <summary>The first problem, or null.</summary>
    internal Problem? Problem { get; private set; }

    internal string? Prefix(string name, string? text) => text is null || DeviceId.TryParse(text, out _)
        ? text
        : Fail($"'{name}' is the beginning of a device ID: at most {DeviceId.MaxLength} of A-Z a-z 0-9 . _ - :");

    internal string? Holder(string name, string? text) =>
        text is null || (text is { Length: > 0 and <= 64 } && !text.AsSpan().ContainsAnyExceptInRange('!', '~'))
            ? text
            : Fail($"'{name}' is a name of 1 to 64 printable ASCII characters.");

    internal T? Name<T>(string name, string? text)
        where T : struct, Enum
    {
        if (text is null) return null;
        if (WireNames.TryParse<T>(text, out var value)) return value;
        Fail($"'{name}' is one of: {string.Join(", ", WireNames.AllOf(typeof(T)))}.");
        return null;
    }

    internal DateTimeOffset? Time(string name, string? text)
    {
        if (text is null) return null;
        if (UtcTime.TryParse(text, out var time)) return time;
        Fail($"'{name}' is a time in UTC such as 2027-01-31T00:00:00Z.");
        return null;
    }

    internal string? Nonce(string? text) => text is null || SignedTime.IsNonce(text) ? text : Fail(SignedTime.NonceRule);

    internal int Limit(string? text) => Number("limit", text, 1, MaxLimit) ?? DefaultLimit;

    internal long? Count(string name, string? text)
    {
        if (text is null) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return count;
        Fail($"'{name}' is a number from 0.");
        return null;
    }

    internal int? Number(string name, string? text, int least, int most)
    {
        if (text is null) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        Fail($"'{name}' is a number from {least} to {most}.");
        return null;
    }

    internal TimeSpan? Duration(string name, string? text)
    {
        if (text is null) return null;
        if (Durations.TryParse(text, out var duration) && duration > TimeSpan.Zero && duration <= LongestDuration) return duration;
        Fail($"'{name}' is an ISO 8601 duration of at most 100 years, such as P7D or PT1H.");
        return null;
    }

    internal Cursor? Cursor(string? text)
    {
        if (text is null) return null;
        if (Core.Certificates.Cursor.TryParse(text, out var cursor)) return cursor;
        Fail("'cursor' is not one that a list has given. Leave it out to start from the beginning.");
        return null;
    }

    private string? Fail(string detail)
    {
        Problem ??= new Problem(RestErrors.BadQuery, detail);
        return null;
    }
}
