using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation;

/// <summary>Revokes and holds certificates, and releases holds. Administrators may; and a device may revoke the certificate that it shows.</summary>
/// <param name="store">Where it is written down.</param>
/// <param name="certificates">What was issued.</param>
/// <param name="authorities">Ours.</param>
/// <param name="signal">Gets a new CRL made.</param>
/// <param name="clock">The clock; a revocation happens also while it is suspect.</param>
public sealed class RevocationService(
    IRevocationStore store,
    ICertificateStore certificates,
    AuthorityDirectory authorities,
    CrlSignal signal,
    ClockGuard clock)
{
    /// <summary>Revokes a certificate, or puts it on hold.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="serialNumber">Of the certificate.</param>
    /// <param name="reason">Why; <see cref="RevocationReason.CertificateHold"/> holds.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The row as it is now, durable. Refusals: <see cref="RefusalCode.NotAllowed"/>,
    /// <see cref="RefusalCode.BadReason"/>, <see cref="RefusalCode.NotFound"/>,
    /// <see cref="RefusalCode.AlreadyRevoked"/>.
    /// </returns>
    public async Task<Outcome<CertificateRecord>> RevokeAsync(
        Caller caller, SerialNumber serialNumber, RevocationReason reason, CancellationToken ct)
    {
        // A hold is for somebody to release, which the device cannot any more.
        if (!Enum.IsDefined(reason) || (caller is Caller.Device && reason == RevocationReason.CertificateHold))
        {
            return new Refusal(
                RefusalCode.BadReason, "The reason must be one of: " + string.Join(", ", RevocationReasons.All) + ".");
        }

        var before = await FindAsync(caller, serialNumber, isForOwner: true, ct);
        if (before is not Outcome<CertificateRecord>.Success(var row)) return before;

        var outcome = await SignalAsync(
            row.Authority, store.RevokeAsync(serialNumber, reason, caller.Actor, clock.LastBelieved(), CancellationToken.None));
        if (outcome is not Outcome<CertificateRecord>.Success(var now)) return outcome;
        if (now.State != row.State || now.RevocationReason != row.RevocationReason) RevocationMetrics.Revoked(reason);
        return outcome;
    }

    /// <summary>Releases a hold.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="serialNumber">Of the certificate that is held.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>
    /// The row as it is now, durable. Refusals: <see cref="RefusalCode.NotAllowed"/>,
    /// <see cref="RefusalCode.NotFound"/>, <see cref="RefusalCode.NotOnHold"/>,
    /// <see cref="RefusalCode.DeviceAlreadyBound"/>.
    /// </returns>
    public async Task<Outcome<CertificateRecord>> ReleaseAsync(
        Caller caller, SerialNumber serialNumber, CancellationToken ct)
    {
        var before = await FindAsync(caller, serialNumber, isForOwner: false, ct);
        if (before is not Outcome<CertificateRecord>.Success(var row)) return before;

        var outcome = await SignalAsync(
            row.Authority, store.ReleaseAsync(serialNumber, caller.Actor, clock.LastBelieved(), CancellationToken.None));
        if (outcome is Outcome<CertificateRecord>.Success) RevocationMetrics.Released();
        return outcome;
    }

    // A CRL is made whatever comes of it: the caller may have hung up, the database may have failed after the commit, or it was
    // revoked already and a crash has kept that from the CRL. One too many costs nothing.
    private async Task<Outcome<CertificateRecord>> SignalAsync(string authority, Task<Outcome<CertificateRecord>> change)
    {
        try
        {
            return await change;
        }
        finally
        {
            signal.Raise(authority);
        }
    }

    // The caller is judged before anything is looked up: whoever may not revoke must not learn what exists.
    private async Task<Outcome<CertificateRecord>> FindAsync(
        Caller caller, SerialNumber serialNumber, bool isForOwner, CancellationToken ct)
    {
        if (Judge(caller, serialNumber, isForOwner) is { } refusal) return refusal;
        if (await certificates.FindAsync(serialNumber, ct) is not { } row)
            return new Refusal(RefusalCode.NotFound, "No certificate with this serial number was issued here.");
        if (row.HolderKind == HolderKind.Authority)
        {
            return new Refusal(RefusalCode.NotAllowed,
                "This is the certificate of an authority: everything below it would fall with it. Revoke it with "
                + "the key of its issuer, in a ceremony, and supply the resulting CRL.");
        }

        if (authorities.Find(row.Authority) is null)
        {
            return new Refusal(RefusalCode.NotAllowed,
                $"It was issued by the authority '{row.Authority}', for which this service makes no CRL.");
        }

        return row;
    }

    // Closed: a new kind of caller may nothing until it is named here.
    private static Refusal? Judge(Caller caller, SerialNumber serialNumber, bool isForOwner) => caller switch
    {
        Caller.Administrator => null,
        Caller.Device device when isForOwner && device.Certificate == serialNumber => null,
        _ => new Refusal(RefusalCode.NotAllowed, "Only administrators may revoke certificates and release holds."),
    };
}
