using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Server.Jobs;

/// <summary>Keeps OCSP ready: certificates to sign with, from before the first request on, and answers that are asked for often.</summary>
internal sealed class OcspJob(OcspSigners signers, OcspResponder responder, OcspOptions options, TimeProvider time) : BackgroundService
{
    /// <summary>How often it looks whether a certificate is due, or was revoked.</summary>
    internal static readonly TimeSpan BetweenLooks = TimeSpan.FromMinutes(10);

    /// <summary>How soon it tries again when one could not be replaced.</summary>
    internal static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(30);

    private long _looked;
    private bool _isGood;

    /// <summary>How often it looks for answers to sign again: several times in the tenth of their validity that there is for it.</summary>
    internal static TimeSpan Tick(TimeSpan validity) => TimeSpan.FromSeconds(Math.Clamp(validity.TotalSeconds / 40, 1, 60));

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // A failure is logged there, and keeps nobody from enrolling.
        await LookAsync();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick(options.Validity), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (time.GetElapsedTime(_looked) >= (_isGood ? BetweenLooks : AfterFailure)) await LookAsync();
            await responder.SignAheadAsync(stoppingToken);
        }
    }

    private async Task LookAsync()
    {
        _isGood = await signers.EnsureAllAsync();
        _looked = time.GetTimestamp();
    }
}
