using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Tells who a client certificate is. Rows decide, never chains: a certificate that is not in the registry, byte for byte,
/// is a stranger's, whoever seems to have signed it. Asked on every request, so that a revocation bites on open connections.
/// </summary>
/// <param name="store">The registry.</param>
/// <param name="clock">Dates what goes on record, and says whether it is the clock that is wrong.</param>
/// <param name="time">For validity; a caller's certificate is judged by the true clock, not by the signing guard.</param>
public sealed class CallerIdentification(ICertificateStore store, ClockGuard clock, TimeProvider time)
{
    /// <summary>Finds the caller behind a certificate whose private key TLS has seen used.</summary>
    /// <param name="serialNumber">The serial number in it; only leads to the row.</param>
    /// <param name="thumbprint">SHA-256 of all its bytes; must be that of the row.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The caller, or why it is none.</returns>
    /// <exception cref="StorageUnavailableException">The registry cannot be read: nobody is let in.</exception>
    public async ValueTask<Outcome<Caller>> IdentifyAsync(SerialNumber serialNumber, Digest thumbprint, CancellationToken ct)
    {
        var record = await store.FindAsync(serialNumber, ct);
        if (record is null || record.Thumbprint != thumbprint) return Unknown();
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
            record = await store.ConfirmAsync(serialNumber, clock.LastBelieved(), ct);
            if (record is null) return Unknown();
            if (CheckState(record.State) is { } changed) return changed;
        }

        return ToCaller(record);
    }

    private static Outcome<Caller> ToCaller(CertificateRecord record) => record.HolderKind switch
    {
        HolderKind.Device when DeviceId.TryParse(record.Holder, out var id) => new Caller.Device(id, record.SerialNumber),
        HolderKind.Registrar => new Caller.Registrar(record.Holder),
        HolderKind.Administrator => new Caller.Administrator(record.Holder),
        _ => new Refusal(RefusalCode.NotAllowed, "This certificate is not one of a client."),
    };

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
