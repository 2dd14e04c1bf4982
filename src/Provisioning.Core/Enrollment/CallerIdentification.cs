using System.Net;
using Provisioning.Core.Births;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Tells who a client certificate is. Rows decide, never chains: a certificate that is not in the registry, byte for byte,
/// is a stranger's, whoever seems to have signed it; unless a manufacturer that an administrator has registered vouches for it. Asked on every request, so that a revocation bites on open connections.
/// </summary>
/// <param name="store">The registry.</param>
/// <param name="devices">Tells devices apart.</param>
/// <param name="claims">Which claim batches are good.</param>
/// <param name="births">Whom manufacturers vouch for.</param>
/// <param name="clock">Says whether it is the clock that is wrong.</param>
/// <param name="time">For validity; a caller's certificate is judged by the true clock, not by the signing guard.</param>
public sealed class CallerIdentification(
    ICertificateStore store, DeviceIdentification devices, IClaimBatchStore claims, BirthIdentification births, ClockGuard clock,
    TimeProvider time)
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
        if (shown is null || shown.Record.Thumbprint != thumbprint)
            return await births.IdentifyAsync(certificate, thumbprint, ct) ?? Unknown();
        if (shown.Record.HolderKind == HolderKind.Device) return await devices.IdentifyAsync(shown, ct);

        var (record, registrar, _) = shown;
        if (CheckState(record.State) is { } badState) return badState;
        var now = time.GetUtcNow();
        if (now < record.NotBefore || now > record.NotAfter) return CheckedExpired(clock, record, now);
        return record.HolderKind switch
        {
            HolderKind.Registrar => ToRegistrar(record, registrar, address, now),
            HolderKind.Claim => await ToClaimAsync(record, ct),
            HolderKind.RelyingParty => new Caller.RelyingParty(record.Holder),
            HolderKind.Administrator => new Caller.Administrator(record.Holder) { Certificate = record.SerialNumber },
            _ => new Refusal(RefusalCode.NotAllowed, "This certificate is not one of a client."),
        };
    }

    // A device takes an expired certificate for the end, so nobody must hear of one when only the clock is wrong.
    internal static Refusal CheckedExpired(ClockGuard clock, CertificateRecord record, DateTimeOffset now) =>
        clock.Now().TryGet(out _, out var wrongClock)
            ? new Refusal(
                RefusalCode.CertificateExpired,
                $"The certificate is valid from {record.NotBefore:O} to {record.NotAfter:O}; it is now {now:O}.")
            : wrongClock;

    internal static Refusal? CheckState(CertificateState state) => state switch
    {
        CertificateState.Issued or CertificateState.Current => null,
        CertificateState.Revoked => new Refusal(RefusalCode.CertificateRevoked, "The certificate was revoked."),
        CertificateState.Held => new Refusal(RefusalCode.CertificateOnHold, "The certificate is on hold; ask an administrator."),
        CertificateState.Superseded => new Refusal(
            RefusalCode.CertificateSuperseded, "The certificate was replaced; use the newer one that this device was given."),
        _ => Unknown(),
    };

    internal static Refusal Unknown() =>
        new(RefusalCode.UnknownCertificate, "The certificate is not in the registry of this service.");

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
}
