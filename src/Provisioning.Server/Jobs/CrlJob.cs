using Provisioning.Core.Revocation;

namespace Provisioning.Server.Jobs;

/// <summary>Runs the CRL schedule as long as the server runs; what other nodes have made is shown before anybody is let in.</summary>
internal sealed class CrlJob(CrlSchedule schedule) : BackgroundService
{
    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await schedule.CatchUpAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => schedule.RunAsync(stoppingToken);
}
