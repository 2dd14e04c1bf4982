using Provisioning.Core.Revocation;

namespace Provisioning.Server.Jobs;

/// <summary>Runs the CRL schedule as long as the server runs.</summary>
internal sealed class CrlJob(CrlSchedule schedule) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => schedule.RunAsync(stoppingToken);
}
