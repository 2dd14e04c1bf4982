using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Jobs;

/// <summary>Writes down once a second why devices were refused.</summary>
internal sealed partial class RefusalLogJob(RefusalLog refusals, TimeProvider time, ILogger<RefusalLogJob> logger) : BackgroundService
{
    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await FlushAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await FlushAsync(stoppingToken);
    }

    private async Task FlushAsync(CancellationToken ct)
    {
        try
        {
            await refusals.FlushAsync(ct);
        }
        catch (StorageUnavailableException problem)
        {
            // They explain; nothing rests on them.
            Log.Lost(logger, problem.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1102, LogLevel.Warning, "Why devices were refused could not be written down: {Problem}")]
        internal static partial void Lost(ILogger logger, string problem);
    }
}
