namespace Provisioning.Core.Expiry;

/// <summary>How many certificates of devices end soon, as it was at a time.</summary>
/// <param name="at">The time.</param>
public sealed class ExpiryCounts(DateTimeOffset at)
{
    private readonly long[,] _counts = new long[Steps.Count, Enum.GetValues<Outlook>().Length];

    /// <summary>Within how many days certificates end, ascending; each step holds the ones before it.</summary>
    public static IReadOnlyList<int> Steps { get; } = [1, 7, 30];

    /// <summary>The last step.</summary>
    public static TimeSpan Horizon { get; } = TimeSpan.FromDays(Steps[^1]);

    /// <summary>The counts: within how many days, of what outlook, how many.</summary>
    public IEnumerable<(int Days, Outlook Outlook, long Count)> All =>
        from step in Enumerable.Range(0, Steps.Count)
        from outlook in Enum.GetValues<Outlook>()
        select (Steps[step], outlook, _counts[step, (int)outlook]);

    internal void Add(DateTimeOffset notAfter, Outlook outlook)
    {
        for (var step = Steps.Count - 1; step >= 0 && notAfter - at <= TimeSpan.FromDays(Steps[step]); step--)
            _counts[step, (int)outlook]++;
    }
}
