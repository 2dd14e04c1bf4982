using System.Net;
using Provisioning.Core.Births;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Tells who a client certificate is. Rows decide, never chains: a certificate that is not in the registry, byte for byte,
/// is a stranger's, whoever seems to have signed it; unless a manufacturer that an administrator has registered vouches for it. Asked on every request, so that a revocation bites on open connections.
/// </summary>
/// <param name="store">The registry.</param>
/// <param name="claims">Which claim batches are good.</param>
/// <param name="births">Whom manufacturers vouch for.</param>
/// <param name="clock">Dates what goes on record, and says whether it is the clock that is wrong.</param>
/// <param name="time">For validity; a caller's certificate is judged by the true clock, not by the signing guard.</param>
public sealed class CallerIdentification(
    ICertificateStore store, IClaimBatchStore claims, BirthIdentification births, ClockGuard clock, TimeProvider time)
{
    /// <summary>Finds the caller behind a certificate whose private key TLS has seen used.</summary>
    /// <param name="serialNumber">The serial number in it; only leads to the row.</param>
    /// <param name="thumbprint">SHA-256 of all its bytes; must be that of the row.</param>
    /// <param name="certificate">All its bytes: a certificate that is not ours may be one of a manufacturer.</param>
    /// <param name="address">Where the connection comes from, or null when that is not known.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The caller, or why it is none.</returns>
    /// <exception cref="StorageUnavailableException">The registry cannot be read: nobody is let in.</exception>
    public async ValueTask<Outcome<Caller>> IdentifyAsync(
        SerialNumber serialNumber, Digest thumbprint, ReadOnlyMemory<byte> certificate, IPAddress? address, CancellationToken ct)
    {
        var shown = await store.FindShownAsync(serialNumber, ct);
        if (shown is not var (record, registrar, device) || record.Thumbprint != thumbprint) return await births.IdentifyAsync(certificate, thumbprint, ct) ?? Unknown();
        if (CheckState(record.State) is { } badState) return badState;

        var now = time.GetUtcNow();
        if (now < record.NotBefore || now > record.NotAfter)
        {
            // A device takes an expired certificate for the end, so it must not hear of one when only the clock is wrong.
            if (!clock.Now().TryGet(out _, out var wrongClock)) return wrongClock;
            return new Refusal(
                RefusalCode.CertificateExpired,
                $"The certificate is valid from {record.NotBefore:O} to {record.NotAfter:O}; it is now {now:O}.");
        }

        // The first authenticated request with a renewed certificate proves that the device has stored it.
        if (record is { State: CertificateState.Issued, HolderKind: HolderKind.Device })
        {
            if (await store.ConfirmAsync(serialNumber, clock.LastBelieved(), ct) is not { } confirmed) return Unknown();
            if (CheckState(confirmed.State) is { } changed) return changed;
            record = confirmed;
        }

        if (record is { SeenAt: null, HolderKind: HolderKind.Device }) MarkSeen(record);
        return record.HolderKind switch
        {
            HolderKind.Registrar => ToRegistrar(record, registrar, address, now),
            HolderKind.Claim => await ToClaimAsync(record, ct),
            _ => ToCaller(record, device),
        };
    }

    // Not waited for, and not insisted on: the next request does it when this one cannot.
    private void MarkSeen(CertificateRecord record) =>
        _ = store.ConfirmAsync(record.SerialNumber, clock.LastBelieved(), CancellationToken.None)
            .ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);

    private static Outcome<Caller> ToCaller(CertificateRecord record, Device? device) => record.HolderKind switch
    {
        HolderKind.Device when device is not null => new Caller.Device(device.Id, record.SerialNumber, record.Slot) { OnRecord = device },
        HolderKind.Administrator => new Caller.Administrator(record.Holder) { Certificate = record.SerialNumber },
        _ => new Refusal(RefusalCode.NotAllowed, "This certificate is not one of a client."),
    };

    // The limits of place and time are looked at before anything else: a stolen key is to open nothing, not even a look.
    private static Outcome<Caller> ToRegistrar(CertificateRecord record, Principal? principal, IPAddress? address, DateTimeOffset now)
    {
        if (principal is null) return Unknown();
        RegistrarScope? scope = null;
        if (principal.Scope is { } definition && !definition.ToScope().TryGet(out scope, out _))
            throw new InvalidDataException($"The scope of '{record.Holder}' is on record and cannot be used.");
        if (scope?.AllowsFrom(address) == false)
            return new Refusal(RefusalCode.OutsideNetwork, "This credential may not be used from this network.");
        if (scope?.Hours?.Contains(now) == false)
            return new Refusal(RefusalCode.OutsideHours, "This credential may not be used at this time of day.");
        return new Caller.Registrar(record.Holder)
        {
            Scope = scope,
            Revision = principal.Revision,
            Certificate = record.SerialNumber,
        };
    }

    private async ValueTask<Outcome<Caller>> ToClaimAsync(CertificateRecord record, CancellationToken ct)
    {
        if (await claims.FindBatchAsync(record.Holder, ct) is not { } batch) return Unknown();
        return batch.RevokedAt is null
            ? new Caller.Claim(batch.Name, batch.Group, record.SerialNumber)
            : new Refusal(RefusalCode.CertificateRevoked, "The claim certificates of this batch were revoked.");
    }

    private static Refusal? CheckState(CertificateState state) => state switch
    {
        CertificateState.Issued or CertificateState.Current => null,
        CertificateState.Revoked => new Refusal(RefusalCode.CertificateRevoked, "The certificate was revoked."),
        CertificateState.Held => new Refusal(RefusalCode.CertificateOnHold, "The certificate is on hold; ask an administrator."),
        CertificateState.Superseded => new Refusal(
            RefusalCode.CertificateSuperseded, "The certificate was replaced; use the newer one that this device was given."),
        _ => Unknown(),
    };

    private static Refusal Unknown() =>
        new(RefusalCode.UnknownCertificate, "The certificate is not in the registry of this service.");
}
