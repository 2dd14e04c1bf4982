using System.Security.Cryptography;

namespace Provisioning.Cli.Api;

/// <summary>How long to wait between attempts: twice as long each time, spread, never less than asked for.</summary>
internal static class BackOff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>The wait after a failed attempt.</summary>
    /// <param name="attempt">Which one failed, from 1.</param>
    /// <param name="retryAfter">What the service asked for, or null.</param>
    internal static TimeSpan After(int attempt, TimeSpan? retryAfter)
    {
        var ceiling = TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << Math.Min(attempt - 1, 10)));

        // Half of it is random, so that a line of stations that failed together does not come back together.
        var half = (int)ceiling.TotalMilliseconds / 2;
        var spread = TimeSpan.FromMilliseconds(half + RandomNumberGenerator.GetInt32(half + 1));
        return retryAfter is { } asked ? asked + (spread / 4) : spread;
    }
}
