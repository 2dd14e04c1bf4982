using Provisioning.Core.Revocation.Jobs;

namespace Provisioning.Server.Jobs;

/// <summary>Works on revocation jobs as long as the server runs, also on those that a killed process has left.</summary>
internal sealed class RevocationWork(RevocationJobRunner runner) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => runner.RunAsync(stoppingToken);
}
