using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage;

namespace Provisioning.Server.Observability;

/// <summary>Looks whether the service can do its work. Anybody may ask, so the database is asked at most once a second.</summary>
internal sealed class Readiness(
    Database database,
    AuthorityDirectory authorities,
    PublishedCrls crls,
    ClockGuard clock,
    TimeProvider time,
    IHostApplicationLifetime lifetime) : IDisposable
{
    private const string Good = "ok";
    private static readonly TimeSpan MostRecent = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // With less left, the pipeline refuses to sign.
    private static readonly TimeSpan ShortestUsefulLife = TimeSpan.FromHours(1);
    private readonly SemaphoreSlim _one = new(1);
    private long _checkedAt = long.MinValue;
    private string _database = Good;

    internal async Task<HealthReport> CheckAsync(CancellationToken ct)
    {
        var checks = new Dictionary<string, string>
        {
            ["database"] = await DatabaseAsync(ct),
            ["authority"] = Authority(),
            ["clock"] = clock.IsSane ? Good : "the clock is behind what is already recorded",
            ["crl"] = Crl(),
            ["process"] = lifetime.ApplicationStopping.IsCancellationRequested ? "stopping" : Good,
        };
        return new HealthReport(checks.Values.All(check => check == Good), checks);
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<string> DatabaseAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (_checkedAt != long.MinValue && time.GetElapsedTime(_checkedAt) < MostRecent) return _database;
            _database = await TryWriteAsync(ct);
            _checkedAt = time.GetTimestamp();
            return _database;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<string> TryWriteAsync(CancellationToken ct)
    {
        try
        {
            await database.CheckWritableAsync(ct).WaitAsync(Patience, time, ct);
            return Good;
        }
        catch (StorageUnavailableException)
        {
            // That is the answer; the reason is in the log, not for strangers.
            return "cannot be written";
        }
        catch (TimeoutException)
        {
            // So is this one.
            return "does not answer";
        }
    }

    private string Authority()
    {
        var issuing = authorities.Issuing;
        var now = time.GetUtcNow();
        return issuing.Key is null ? "the issuing key is not loaded"
            : now > issuing.NotAfter - ShortestUsefulLife ? "the issuing certificate has expired or is about to"
            : Good;
    }

    private string Crl()
    {
        var now = time.GetUtcNow();
        var stale = authorities.All
            .Where(authority => authority.Key is not null && crls.Find(authority.Name)?.IsFresh(now) != true)
            .Select(authority => authority.Name)
            .ToList();
        return stale.Count == 0 ? Good : "stale: " + string.Join(", ", stale);
    }
}
