using Provisioning.Core.Audit;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Jobs;

/// <summary>
/// Says in the log where the audit ends, once an hour and at the end of the service: a log that is shipped elsewhere so keeps anchors that
/// nobody who can write to the database can change.
/// </summary>
internal sealed partial class AuditHeadJob(IAuditStore audit, TimeProvider time, ILogger<AuditHeadJob> logger) : BackgroundService
{
    /// <summary>How often it says so, when something has happened.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private AuditAnchor? _said;

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SayAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do await SayAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SayAsync(CancellationToken ct)
    {
        try
        {
            var head = await audit.ReadHeadAsync(ct);
            if (head == _said) return;
            Log.Head(logger, head);
            _said = head;
        }
        catch (StorageUnavailableException problem)
        {
            // The next one vouches for what this one would have.
            Log.NotRead(logger, problem.Message);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The service ends, and has no time left to say where.
        }
        catch (Exception problem)
        {
            // A defect here, or a last entry that is damaged, must not end the service.
            Log.Failed(logger, problem);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1140, LogLevel.Information, "The audit ends with {Anchor}")]
        internal static partial void Head(ILogger logger, AuditAnchor anchor);

        [LoggerMessage(1141, LogLevel.Warning, "Where the audit ends could not be read, and is said later: {Problem}")]
        internal static partial void NotRead(ILogger logger, string problem);

        [LoggerMessage(1142, LogLevel.Error, "Where the audit ends cannot be said: its last entry is damaged, or there is a defect. See the verb audit.")]
        internal static partial void Failed(ILogger logger, Exception problem);
    }
}
