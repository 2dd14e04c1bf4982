using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>
/// Revocation by registrars, within the scope of each and only where that says so. The state of devices stays the administrators'.
/// </summary>
/// <param name="store">Decides and does it.</param>
/// <param name="signal">Gets new CRLs made.</param>
/// <param name="clock">Dates it; it happens also while the clock is suspect.</param>
public sealed class RegistrarRevocation(IRegistrarRevocationStore store, CrlSignal signal, ClockGuard clock)
{
    /// <summary>May it revoke anything at all?</summary>
    /// <param name="caller">Who asks.</param>
    /// <returns>True when its scope says so; a registrar without a scope may not.</returns>
    public static bool MayRevoke(Caller caller) => caller is Caller.Registrar { Scope.MayRevoke: true };

    /// <summary>Revokes a certificate, or puts it on hold.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="serialNumber">Of the certificate.</param>
    /// <param name="reason">Why.</param>
    /// <returns>The row as it is now; or <see cref="RefusalCode.NotAllowed"/> or what the store refuses.</returns>
    public async Task<Outcome<CertificateRecord>> RevokeAsync(Caller caller, SerialNumber serialNumber, RevocationReason reason)
    {
        if (!Read(caller).TryGet(out var registrar, out var refusal)) return refusal;
        var outcome = await SignalAsync(store.RevokeAsync(registrar, serialNumber, reason, clock.LastBelieved(), CancellationToken.None));
        if (!outcome.TryGet(out var change, out refusal)) return refusal;
        if (change.IsChanged) RevocationMetrics.Revoked(reason);
        signal.Raise(change.Certificate.Authority);
        return change.Certificate;
    }

    /// <summary>Releases a hold that it has put on itself.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="serialNumber">Of the certificate.</param>
    /// <returns>The row as it is now; or <see cref="RefusalCode.NotAllowed"/> or what the store refuses.</returns>
    public async Task<Outcome<CertificateRecord>> ReleaseAsync(Caller caller, SerialNumber serialNumber)
    {
        if (!Read(caller).TryGet(out var registrar, out var refusal)) return refusal;
        var outcome = await SignalAsync(store.ReleaseAsync(registrar, serialNumber, clock.LastBelieved(), CancellationToken.None));
        if (!outcome.TryGet(out var row, out _)) return outcome;
        RevocationMetrics.Released();
        signal.Raise(row.Authority);
        return outcome;
    }

    /// <summary>Revokes all certificates of a device.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The device.</param>
    /// <param name="reason">Why; a device is put on hold by an administrator, who suspends it.</param>
    /// <returns>The device; or <see cref="RefusalCode.NotAllowed"/>, <see cref="RefusalCode.BadReason"/> or what the store refuses.</returns>
    public async Task<Outcome<Device>> RevokeDeviceAsync(Caller caller, DeviceId id, RevocationReason reason)
    {
        if (!Read(caller).TryGet(out var registrar, out var refusal)) return refusal;
        if (reason == RevocationReason.CertificateHold)
            return new Refusal(RefusalCode.BadReason, "A device is put on hold by an administrator, who suspends it.");
        var outcome = await SignalAsync(store.RevokeDeviceAsync(registrar, id, reason, clock.LastBelieved(), CancellationToken.None));
        if (!outcome.TryGet(out var changed, out refusal)) return refusal;
        foreach (var authority in changed.Authorities)
        {
            RevocationMetrics.Revoked(reason);
            signal.Raise(authority);
        }

        return changed.Device;
    }

    private static Outcome<RevokingRegistrar> Read(Caller caller) => caller is Caller.Registrar { Scope: { MayRevoke: true } scope } registrar
        ? new RevokingRegistrar(registrar.Name, registrar.Revision, scope, registrar.Actor)
        : new Refusal(RefusalCode.NotAllowed, "The registrar may not revoke certificates.");

    // The database may have failed after the commit; and nobody knows whose certificate it was then.
    private async Task<T> SignalAsync<T>(Task<T> change)
    {
        try
        {
            return await change;
        }
        catch
        {
            signal.RaiseAll();
            throw;
        }
    }
}
