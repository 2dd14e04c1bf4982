namespace Provisioning.Core.Enrollment;

/// <summary>
/// How often a suspicious refusal is logged as a warning: once a minute for each caller and code, and so many a minute in all. The
/// others are logged like any refusal, and every one is counted. Otherwise one caller could bury everything else under warnings.
/// </summary>
/// <param name="time">Tells the minutes.</param>
public sealed class SuspicionLimit(TimeProvider time)
{
    /// <summary>Warnings a minute, whoever they are about.</summary>
    internal const int MaxWarnings = 60;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private readonly HashSet<(string Code, string Actor)> _warned = [];
    private long _since = time.GetTimestamp();

    /// <summary>Takes a warning, if there is one left.</summary>
    internal bool MayWarn(string code, string actor)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_since) >= Window)
            {
                _warned.Clear();
                _since = time.GetTimestamp();
            }

            return _warned.Count < MaxWarnings && _warned.Add((code, actor));
        }
    }
}
