using System.Collections.Concurrent;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Collects refusals in memory, until they are written together once in a while: a flood of them costs the database nothing
/// more. What a crash loses of them is a second's worth.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="clock">Dates them.</param>
public sealed class RefusalLog(IRefusalStore store, ClockGuard clock) : IDisposable
{
    // Different ones between two writes; those beyond are counted and not kept.
    private const int MaxWaiting = 500;

    // And of one caller, who must not take the place of the others.
    private const int MaxOfRequester = 50;

    private readonly SemaphoreSlim _flushing = new(1);
    private Batch _waiting = new();

    /// <inheritdoc/>
    public void Dispose() => _flushing.Dispose();

    /// <summary>Notes a refusal.</summary>
    /// <param name="device">The device that was asked for.</param>
    /// <param name="caller">Who was refused.</param>
    /// <param name="refusal">Why.</param>
    internal void Note(DeviceId device, Caller caller, Refusal refusal)
    {
        if (!IsKept(refusal.Code)) return;
        var waiting = _waiting;
        var key = (device, refusal.Code, caller.Actor);
        if (!waiting.Rows.ContainsKey(key) && !waiting.HasPlaceFor(caller.Actor))
        {
            CoreMetrics.RefusalDropped();
            return;
        }

        var now = clock.LastBelieved();
        waiting.Rows.AddOrUpdate(
            key,
            _ => new RefusalRecord
            {
                DeviceId = device,
                Code = refusal.Code,
                Requester = caller.Actor,
                Detail = refusal.Detail,
                FirstAt = now,
                LastAt = now,
                Count = 1,
            },
            (_, before) => before with { Detail = refusal.Detail, LastAt = now, Count = before.Count + 1 });
    }

    /// <summary>Writes what waits. To be called every second or so.</summary>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; what waited is lost.</exception>
    public async Task FlushAsync(CancellationToken ct)
    {
        // One after the other, so that whoever has flushed finds what waited before, also what somebody else is just writing.
        await _flushing.WaitAsync(ct);
        try
        {
            if (_waiting.Rows.IsEmpty) return;
            var taken = Interlocked.Exchange(ref _waiting, new());
            await store.NoteRefusalsAsync([.. taken.Rows.Values], ct);
        }
        finally
        {
            _flushing.Release();
        }
    }

    // What passes by itself says nothing about the device.
    private static bool IsKept(RefusalCode code) => code is not (RefusalCode.PolicyChanged or RefusalCode.RequestInProgress
        or RefusalCode.ApprovalPending or RefusalCode.AuthorityUnavailable or RefusalCode.StorageUnavailable
        or RefusalCode.ClockRegressed or RefusalCode.ClockSuspect);

    private sealed class Batch
    {
        private readonly ConcurrentDictionary<string, int> _shares = new();

        internal ConcurrentDictionary<(DeviceId Device, RefusalCode Code, string Requester), RefusalRecord> Rows { get; } = new();

        internal bool HasPlaceFor(string requester) =>
            Rows.Count < MaxWaiting && _shares.AddOrUpdate(requester, 1, (_, taken) => taken + 1) <= MaxOfRequester;
    }
}
