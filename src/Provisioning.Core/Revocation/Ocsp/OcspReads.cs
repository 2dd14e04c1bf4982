using Microsoft.Extensions.Logging;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>
/// Reads the registry with little patience. After a read that failed or did not come back, the next ones do not wait for the same: for a
/// second only one of them tries, and the others hear at once that the registry cannot say.
/// </summary>
internal sealed partial class OcspReads(ICertificateStatusStore store, TimeProvider time, ILogger logger)
{
    /// <summary>Longer than this no read is waited for: a revocation is to be seen within 2 s, or the registry cannot say.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private long _triedAt;
    private volatile bool _isDown;

    /// <summary>Reads the row of a certificate.</summary>
    /// <returns>Whether the registry could say, and the row, or null.</returns>
    internal async ValueTask<(bool IsKnown, CertificateStatusRow? Row)> ReadAsync(
        string authority, SerialNumber serialNumber, CancellationToken ct)
    {
        if (_isDown && !MayTry()) return (false, null);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var read = store.FindStatusAsync(authority, serialNumber, limit.Token);
            var row = read.IsCompleted ? await read : await WaitAsync(read.AsTask(), limit, ct);
            _isDown = false;
            return (true, row);
        }
        catch (InvalidDataException problem)
        {
            // One row is damaged: nothing can be said of it, and the others are as good as before.
            Log.Damaged(logger, serialNumber, problem.Message);
            return (false, null);
        }
        catch (Exception problem) when (problem is StorageUnavailableException or TimeoutException)
        {
            // The caller says what it can say without the registry.
            Interlocked.Exchange(ref _triedAt, time.GetTimestamp());
            if (!_isDown) Log.Down(logger, problem.Message);
            _isDown = true;
            return (false, null);
        }
    }

    private async Task<CertificateStatusRow?> WaitAsync(Task<CertificateStatusRow?> read, CancellationTokenSource limit, CancellationToken ct)
    {
        try
        {
            return await read.WaitAsync(Patience, time, ct);
        }
        catch (TimeoutException)
        {
            // Its connection is of no use to anybody else until it ends.
            await limit.CancelAsync();
            throw;
        }
    }

    private bool MayTry()
    {
        var tried = Interlocked.Read(ref _triedAt);
        return time.GetElapsedTime(tried) >= Pause && Interlocked.CompareExchange(ref _triedAt, time.GetTimestamp(), tried) == tried;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message =
            "The registry cannot say how certificates stand: OCSP answers with what was signed before, while it is valid, or with tryLater. {Problem}")]
        public static partial void Down(ILogger logger, string problem);

        [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message =
            "The row of certificate {SerialNumber} is damaged, and OCSP cannot answer for it: {Problem}")]
        public static partial void Damaged(ILogger logger, SerialNumber serialNumber, string problem);
    }
}
