using Provisioning.Core.Certificates;
using Provisioning.Core.Groups;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Enrollment;

/// <summary>Passes a device on from one certificate to the next: by its word, and in time.</summary>
/// <param name="certificates">The registry.</param>
/// <param name="store">What time does.</param>
/// <param name="groups">How the devices of a group renew.</param>
/// <param name="signal">Gets a new CRL made.</param>
/// <param name="clock">Dates what goes on record.</param>
public sealed class SuccessionService(
    ICertificateStore certificates, ISuccessionStore store, GroupCatalog groups, CrlSignal signal, ClockGuard clock)
{
    // A transaction of so many is as short as any other.
    private const int Piece = 200;

    /// <summary>
    /// A device says that it has stored its next certificate, without showing it: that one is current from now on, and the one that it
    /// shows works for the overlap of its group. Again, it changes nothing.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="serialNumber">Of the next certificate, in the slot of the one that it shows, which is in use.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The row as it is now. Refusals: <see cref="RefusalCode.NotFound"/>, also for what is another's;
    /// <see cref="RefusalCode.CertificateRevoked"/>, <see cref="RefusalCode.CertificateOnHold"/>,
    /// <see cref="RefusalCode.CertificateSuperseded"/> when it is not good any more.
    /// </returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public async Task<Outcome<CertificateRecord>> ConfirmAsync(Caller.Device device, SerialNumber serialNumber, CancellationToken ct)
    {
        var found = await certificates.FindAsync(serialNumber, ct);
        var isSigned = found is { HolderKind: HolderKind.Device, State: not (CertificateState.Reserved or CertificateState.Abandoned) };
        if (!isSigned || found!.Holder != device.Id.Value || found.Slot != device.Slot)
            return new Refusal(RefusalCode.NotFound, "This device was given no such certificate.");
        if (device.Shown is { State: CertificateState.Superseded } && found.State != CertificateState.Current)
            return CallerIdentification.CheckState(CertificateState.Superseded)!;
        var policy = groups.RenewalOf(device.OnRecord?.Group);
        var now = await certificates.ConfirmAsync(serialNumber, policy.ToSuccession(), clock.LastBelieved(), ct) ?? found;
        return CallerIdentification.CheckState(now.State) is { } refusal ? refusal : now;
    }

    /// <summary>Gives up the unconfirmed certificates that their devices have not got.</summary>
    /// <param name="ct">Stops between two transactions.</param>
    /// <returns>How many.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; the next time goes on.</exception>
    public async Task<int> GiveUpUnconfirmedAsync(CancellationToken ct)
    {
        var all = 0;
        foreach (var version in groups.All)
        {
            var policy = version.Group.Definition.Renewal;
            if (policy.ConfirmWithin is not { } within) continue;
            int some;
            do
            {
                some = await store.GiveUpUnconfirmedAsync(
                    version.Group.Name, within, clock.LastBelieved(), Piece, ct);
                all += some;
            }
            while (some == Piece);
        }

        return all;
    }

    /// <summary>Revokes the superseded certificates whose overlap is over, in groups that want it.</summary>
    /// <param name="ct">Stops between two transactions.</param>
    /// <returns>How many were looked at.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; the next time goes on.</exception>
    public async Task<int> RevokeSupersededAsync(CancellationToken ct)
    {
        var all = 0;
        int some;
        do
        {
            some = await RevokeSomeSupersededAsync(ct);
            all += some;
        }
        while (some == Piece);
        return all;
    }

    private async Task<int> RevokeSomeSupersededAsync(CancellationToken ct)
    {
        try
        {
            var (some, authorities) = await store.RevokeSupersededAsync(clock.LastBelieved(), Piece, ct);
            foreach (var authority in authorities) signal.Raise(authority);
            return some;
        }
        catch
        {
            // It may have happened all the same, to certificates of whomever.
            signal.RaiseAll();
            throw;
        }
    }
}
