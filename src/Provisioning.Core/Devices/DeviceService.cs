using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Devices;

/// <summary>Suspends, quarantines, revokes and decommissions devices. Only administrators may.</summary>
/// <param name="store">Where it is written down.</param>
/// <param name="signal">Gets new CRLs made.</param>
/// <param name="clock">Dates it; it happens also while the clock is suspect.</param>
public sealed class DeviceService(IDeviceChangeStore store, CrlSignal signal, ClockGuard clock)
{
    /// <summary>The longest reason, in characters.</summary>
    public const int MaxReason = 200;

    /// <summary>Changes the state of a device.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The device.</param>
    /// <param name="change">What is done to it.</param>
    /// <param name="reason">Why, for the audit; or null.</param>
    /// <returns>
    /// Its row as it is now, durable. Refusals: <see cref="RefusalCode.NotAllowed"/>, <see cref="RefusalCode.Malformed"/>, and those of
    /// <see cref="IDeviceChangeStore.ChangeAsync"/>.
    /// </returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public async Task<Outcome<Device>> ChangeAsync(Caller caller, DeviceId id, DeviceChange change, string? reason)
    {
        if (Judge(caller) is { } refusal) return refusal;
        if (FreeText.Check(reason, MaxReason) is { } badText) return new Refusal(RefusalCode.Malformed, badText) { Field = "/reason" };
        return await SignalAsync(store.ChangeAsync(id, change, reason, caller.Actor, clock.LastBelieved(), CancellationToken.None));
    }

    /// <summary>Revokes all certificates of a device. It may be enrolled anew.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The device.</param>
    /// <param name="reason">Why; to put it on hold, suspend it.</param>
    /// <returns>
    /// Its row as it is now, durable. Refusals: <see cref="RefusalCode.NotAllowed"/>, <see cref="RefusalCode.BadReason"/>,
    /// <see cref="RefusalCode.NotFound"/>.
    /// </returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public async Task<Outcome<Device>> RevokeAsync(Caller caller, DeviceId id, RevocationReason reason)
    {
        if (Judge(caller) is { } refusal) return refusal;
        if (reason == RevocationReason.CertificateHold)
            return new Refusal(RefusalCode.BadReason, "A device is put on hold by suspending it: POST /api/v1/devices/{deviceId}/suspension.");
        return await SignalAsync(store.RevokeAllAsync(id, reason, caller.Actor, clock.LastBelieved(), CancellationToken.None));
    }

    private static Refusal? Judge(Caller caller) => caller is Caller.Administrator
        ? null
        : new Refusal(RefusalCode.NotAllowed, "Only administrators change the state of devices.");

    // The database may have failed after the commit, and the same again changes nothing: then all CRLs are looked at.
    private async Task<Outcome<Device>> SignalAsync(Task<Outcome<ChangedDevice>> change)
    {
        try
        {
            if (!(await change).TryGet(out var changed, out var refusal)) return refusal;
            foreach (var authority in changed.Authorities) signal.Raise(authority);
            return changed.Device;
        }
        catch
        {
            signal.RaiseAll();
            throw;
        }
    }
}
