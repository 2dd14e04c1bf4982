using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>The real registry, which fails, or does not come back, when a test says so.</summary>
internal sealed class FailingStatuses(ICertificateStatusStore registry) : ICertificateStatusStore
{
    private int _reads;

    internal Exception? Failure { get; set; }

    internal bool Hangs { get; set; }

    internal int Reads => _reads;

    internal bool IsShared { get; set; }

    public long? Version => IsShared || Hangs || Failure is not null ? null : registry.Version;

    public async ValueTask<CertificateStatusRow?> FindStatusAsync(string authority, SerialNumber serialNumber, CancellationToken ct)
    {
        Interlocked.Increment(ref _reads);
        if (Hangs) await Task.Delay(Timeout.Infinite, ct);
        return Failure is null ? await registry.FindStatusAsync(authority, serialNumber, ct) : throw Failure;
    }
}
