using Provisioning.Core.Enrollment;
using Provisioning.Server.Tls;

namespace Provisioning.Server.Jobs;

/// <summary>Replaces the server's own certificate before it expires, without a restart.</summary>
internal sealed partial class ServerCertificateJob(ServerCertificate certificate, TimeProvider time, ILogger<ServerCertificateJob> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(10), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await certificate.EnsureAsync()) Log.Renewed(logger, certificate.NotAfter);
            }
            catch (Exception problem) when (problem is StorageUnavailableException or InvalidOperationException or IOException
                or UnauthorizedAccessException)
            {
                // There are weeks left; tried again at the next tick, and the metric of the days left shows it.
                Log.NotRenewed(logger, certificate.NotAfter, problem);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1201, LogLevel.Information, "The server's certificate was renewed; it is valid until {NotAfter:O}.")]
        internal static partial void Renewed(ILogger logger, DateTimeOffset notAfter);

        [LoggerMessage(1202, LogLevel.Error, "The server's certificate could not be renewed; it is valid until {NotAfter:O}.")]
        internal static partial void NotRenewed(ILogger logger, DateTimeOffset notAfter, Exception problem);
    }
}
