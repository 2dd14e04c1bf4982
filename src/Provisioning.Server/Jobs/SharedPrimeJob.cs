using Provisioning.Core.Certificates.KeySearch;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Jobs;

/// <summary>Looks twice a day for devices whose RSA keys share a prime.</summary>
internal sealed partial class SharedPrimeJob(SharedPrimeSearch search, TimeProvider time, ILogger<SharedPrimeJob> logger) : BackgroundService
{
    /// <summary>When it looks first: a start has more urgent things to do.</summary>
    internal static readonly TimeSpan First = TimeSpan.FromMinutes(7);

    /// <summary>
    /// How often it looks after that. A key that came right after a run began is found within a day, also when the next run takes hours.
    /// </summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromHours(12);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(First, time, stoppingToken);
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await search.RunAsync(stoppingToken);
            }
            catch (StorageUnavailableException problem)
            {
                // What it has come to is on record; the next run goes on.
                Log.BrokenOff(logger, problem.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(1603, LogLevel.Warning, "The search for keys that share a prime was broken off, and goes on later: {Problem}")]
        internal static partial void BrokenOff(ILogger logger, string problem);
    }
}
