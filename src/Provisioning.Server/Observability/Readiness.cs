using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage;

namespace Provisioning.Server.Observability;

/// <summary>
/// Looks whether the service can do its work. Anybody may ask, so the database is asked at most once a second. The issuing key is
/// judged by its last real signature and by none made for this: each one is to be on record, and an HSM counts them. Every start
/// makes a CRL, so there is one; a key that has failed is asked for the next CRL, which is on record too.
/// </summary>
internal sealed class Readiness(
    Database database,
    AuthorityDirectory authorities,
    PublishedCrls crls,
    CrlSignal signal,
    ClockGuard clock,
    TimeProvider time,
    IHostApplicationLifetime lifetime) : IDisposable
{
    private const string Good = "ok";
    private static readonly TimeSpan MostRecent = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // With less left, the pipeline refuses to sign.
    private static readonly TimeSpan ShortestUsefulLife = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeyRetry = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _one = new(1);
    private readonly Lock _gate = new();
    private long _checkedAt = long.MinValue;
    private long _retriedAt = long.MinValue;
    private string _database = Good;

    internal async Task<HealthReport> CheckAsync(CancellationToken ct)
    {
        var checks = new Dictionary<string, string>
        {
            ["database"] = await DatabaseAsync(ct),
            ["authority"] = Authority(),
            ["clock"] = Clock(),
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

    private string Clock() => clock.State switch
    {
        ClockState.Sane => Good,
        ClockState.Behind => "the clock is behind what is already recorded",
        _ => "the clock has jumped far ahead",
    };

    private string Authority()
    {
        var issuing = authorities.Issuing;
        var now = time.GetUtcNow();
        if (issuing.Key is not { } key) return "the issuing key is not loaded";
        if (now > issuing.NotAfter - ShortestUsefulLife) return "the issuing certificate has expired or is about to";
        switch (key.Health)
        {
            case KeyHealth.Good: return Good;
            case KeyHealth.Unproven: return "the issuing key has not signed anything yet";
            default:
                TryAgain(issuing);
                return "the issuing key failed at its last signature";
        }
    }

    private void TryAgain(Authority authority)
    {
        lock (_gate)
        {
            if (_retriedAt != long.MinValue && time.GetElapsedTime(_retriedAt) < KeyRetry) return;
            _retriedAt = time.GetTimestamp();
        }

        signal.Raise(authority.Name);
    }

    private string Crl()
    {
        var now = time.GetUtcNow();
        var stale = authorities.All
            .Where(authority => authority.Key is not null && crls.Find(authority.Name)?.IsFresh(now) != true)
            .Select(authority => authority.Name)
            .Concat(crls.FindStale(now).Select(name => name.ToString()))
            .ToList();
        return stale.Count == 0 ? Good : "stale: " + string.Join(", ", stale);
    }
}
