using System.Collections.Concurrent;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Collects refusals in memory, until they are written together once in a while: a flood of them costs the database nothing
/// more. What a crash loses of them is a second's worth.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="clock">Dates them.</param>
public sealed class RefusalLog(IRefusalStore store, ClockGuard clock)
{
    // Different ones between two writes; those beyond are counted and not kept.
    private const int MaxWaiting = 500;

    private ConcurrentDictionary<(DeviceId Device, RefusalCode Code, string Requester), RefusalRecord> _waiting = new();

    /// <summary>Notes a refusal.</summary>
    /// <param name="device">The device that was asked for.</param>
    /// <param name="caller">Who was refused.</param>
    /// <param name="refusal">Why.</param>
    internal void Note(DeviceId device, Caller caller, Refusal refusal)
    {
        if (!IsKept(refusal.Code)) return;
        var waiting = _waiting;
        var key = (device, refusal.Code, caller.Actor);
        if (waiting.Count >= MaxWaiting && !waiting.ContainsKey(key))
        {
            CoreMetrics.RefusalDropped();
            return;
        }

        var now = clock.LastBelieved();
        waiting.AddOrUpdate(
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
        if (_waiting.IsEmpty) return;
        var taken = Interlocked.Exchange(ref _waiting, new());
        await store.NoteRefusalsAsync([.. taken.Values], ct);
    }

    // What passes by itself says nothing about the device.
    private static bool IsKept(RefusalCode code) => code is not (RefusalCode.PolicyChanged or RefusalCode.RequestInProgress
        or RefusalCode.ApprovalPending or RefusalCode.AuthorityUnavailable or RefusalCode.StorageUnavailable
        or RefusalCode.ClockRegressed or RefusalCode.ClockSuspect);
}
