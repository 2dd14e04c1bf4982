using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Groups;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Tells what a device may do with the certificate that it shows. The first showing of a renewed certificate proves that the device has
/// stored it; from then on the one before works for the overlap of the group, and after that it is somebody else's.
/// </summary>
/// <param name="store">The registry.</param>
/// <param name="groups">Overlap and grace.</param>
/// <param name="clock">Dates what goes on record, and says whether it is the clock that is wrong.</param>
/// <param name="time">For validity; a certificate is judged by the true clock, not by the signing guard.</param>
public sealed class DeviceIdentification(ICertificateStore store, GroupCatalog groups, ClockGuard clock, TimeProvider time)
{
    // A request over an open connection may come just after the first one with the next certificate.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMinutes(1);

    /// <summary>How exactly it is on record when a holder was last seen: showing its certificate again within this writes nothing.</summary>
    public static TimeSpan SeenAgain { get; } = TimeSpan.FromHours(1);

    /// <summary>Identifies a device.</summary>
    /// <param name="shown">The rows of its certificate and of itself; the certificate is the one on record, octet for octet.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The device, or why it may do nothing.</returns>
    /// <exception cref="StorageUnavailableException">The registry cannot be written: nobody is let in.</exception>
    internal async ValueTask<Outcome<Caller>> IdentifyAsync(ShownCertificate shown, CancellationToken ct)
    {
        var device = shown.Device;
        if (device is null) return CallerIdentification.Unknown();
        var now = time.GetUtcNow();
        if (CheckDevice(device.State) is { } badDevice) return badDevice;
        var policy = groups.RenewalOf(device.Group);
        if (!(await CheckStateAsync(shown.Record, device, policy, now, ct)).TryGet(out var record, out var badState)) return badState;

        var isExpired = now > record.NotAfter;
        if (now < record.NotBefore || (isExpired && !IsInGrace(record, policy, now)))
            return CallerIdentification.CheckedExpired(clock, record, now);
        if (isExpired && !clock.Now().TryGet(out _, out var wrongClock)) return wrongClock;

        if (record.State == CertificateState.Issued)
        {
            if (await store.ConfirmAsync(record.SerialNumber, policy.ToSuccession(), clock.LastBelieved(), ct) is not { } confirmed)
                return CallerIdentification.Unknown();
            if (CallerIdentification.CheckState(confirmed.State) is { } changed) return changed;
            record = confirmed;
        }
        else if (record.LastSeenAt is not { } last || last + SeenAgain <= clock.LastBelieved())
        {
            MarkSeen(record, policy);
        }

        return new Caller.Device(device.Id, record.SerialNumber, record.Slot) { OnRecord = device, Shown = record, IsExpired = isExpired };
    }

    // Not waited for, and not insisted on: the next request does it when this one cannot.
    private void MarkSeen(CertificateRecord record, RenewalPolicy policy) =>
        _ = store.ConfirmAsync(record.SerialNumber, policy.ToSuccession(), clock.LastBelieved(), CancellationToken.None)
            .ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);

    // Only what was never taken back, and not what has a successor: that one renews.
    private static bool IsInGrace(CertificateRecord record, RenewalPolicy policy, DateTimeOffset now) =>
        record.State is CertificateState.Issued or CertificateState.Current && now - record.NotAfter <= policy.Grace;

    // The record as it is after that: a displaced one comes back.
    private async ValueTask<Outcome<CertificateRecord>> CheckStateAsync(
        CertificateRecord record, Device device, RenewalPolicy policy, DateTimeOffset now, CancellationToken ct)
    {
        if (CallerIdentification.CheckState(record.State) is not { } refusal) return record;
        if (record.WorksUntil is not { } end)
        {
            // Displaced before it was ever shown: its device may have stored it all the same, and have nothing else.
            if (record.State != CertificateState.Superseded) return refusal;
            var back = await store.ConfirmAsync(record.SerialNumber, policy.ToSuccession(), clock.LastBelieved(), ct);
            return back is { State: CertificateState.Current } ? back : refusal;
        }

        if (record.State == CertificateState.Superseded && now < end) return record;
        if (record is not ({ State: CertificateState.Superseded } or { RevocationReason: RevocationReason.Superseded })) return refusal;
        if (!clock.Now().TryGet(out _, out var wrongClock)) return wrongClock;

        // Whoever shows it has not got the successor, or has lost it: a copy, or a device that was set back. Expired, it is no harm; and
        // what was on its way when the successor was shown is no sign.
        if (now <= record.NotAfter && now - end >= OnItsWay && (device.CloneSuspectedAt is not { } noted || noted + CloneMark.Pause <= now))
        {
            await store.NoteOldAsync(record.SerialNumber, clock.LastBelieved(), ct);
            CoreMetrics.CloneSuspected(CloneSign.OldCertificate);
        }

        return refusal;
    }

    private static Refusal? CheckDevice(DeviceState state) => state switch
    {
        DeviceState.Suspended => new Refusal(RefusalCode.DeviceSuspended, "The device is suspended; an administrator can resume it."),
        DeviceState.Decommissioned => new Refusal(RefusalCode.DeviceDecommissioned, "The device is out of service for ever."),
        _ => null,
    };
}
