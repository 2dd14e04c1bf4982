using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates;

/// <summary>
/// The pipeline's side of the registry. Contract of every write: it is one transaction; when its task completes, it has
/// reached the disk and survives a power cut; when it refuses or throws, nothing of it is there (but see
/// <see cref="StorageUnavailableException.OutcomeUnknown"/>). Writes of different callers share an fsync, and happen in the order
/// of the calls; none waits longer than a few seconds. Calls may come from any thread.
/// </summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot do it now.</exception>
public interface ICertificateStore
{
    /// <summary>
    /// Puts a serial number and a plan on record, in one transaction that decides, in this order. Everything about live
    /// certificates of a device is about those in the slot of the reservation.
    /// <list type="number">
    /// <item>Same requester and request key: with another request hash <see cref="RefusalCode.IdempotencyMismatch"/>; still
    /// reserved <see cref="RefusalCode.RequestInProgress"/> (retry after 1 s); recorded: <see cref="ReserveResult.Existing"/>;
    /// abandoned: the key is free again.</item>
    /// <item>The key is blocked: <see cref="RefusalCode.KeyBlocked"/>; it belongs to another holder (of any kind):
    /// <see cref="RefusalCode.KeyInUse"/>. A key belongs to its first holder for ever, also after an abandoned reservation. The same of the key that a
    /// request for a key that is made here is signed with: who shares it (a batch its claim key, a line its registrar key) would share the answers.</item>
    /// <item>The group has another version than the plan rests on, or the device another revision, or the registrar:
    /// <see cref="RefusalCode.PolicyChanged"/>. The caller's certificate is not good any more: <see cref="RefusalCode.NotAllowed"/>. The
    /// device is bound to another key: <see cref="RefusalCode.KeyMismatch"/>.</item>
    /// <item>For a device: its state must allow it (<see cref="RefusalCode.DeviceSuspended"/>,
    /// <see cref="RefusalCode.DeviceQuarantined"/>, <see cref="RefusalCode.DeviceDecommissioned"/>).</item>
    /// <item>First enrollment of a device (<see cref="Reservation.Renews"/> is null): a live certificate (issued or current, not
    /// expired) with the same key is <see cref="ReserveResult.Existing"/>, but when the reservation is for a lot and the device is no
    /// unit of that (<see cref="RefusalCode.NotInLot"/>); with another key
    /// <see cref="RefusalCode.DeviceAlreadyBound"/>; held <see cref="RefusalCode.CertificateOnHold"/>; a reservation in flight with the same key
    /// <see cref="RefusalCode.RequestInProgress"/>, with another key <see cref="RefusalCode.DeviceAlreadyBound"/>. Expired ones do not count.</item>
    /// <item>With a key that is made here (<see cref="Reservation.KeyIsMade"/>): the current certificate, when the same request of the same
    /// requester was given it within a day (an administrator decides, where one has to), nobody has shown it, and that has not happened five times in a row, gives its
    /// place up. It is <see cref="Reservation.Replaces"/>, else <see cref="RefusalCode.RequestInProgress"/>, and so is a reservation of the same
    /// request in flight. When it may not, that is no sign of a clone. The use of the token, the unit of the lot and the certificate of the
    /// registrar's day are those of the first one.</item>
    /// <item>Renewal: the certificate named must still be issued or current, or superseded in its overlap
    /// (else <see cref="RefusalCode.CertificateRevoked"/>, <see cref="RefusalCode.CertificateOnHold"/> or
    /// <see cref="RefusalCode.CertificateSuperseded"/>). A successor with the same key is
    /// <see cref="ReserveResult.Existing"/>; an unconfirmed one with another key is superseded by this one; a reservation in flight is
    /// <see cref="RefusalCode.RequestInProgress"/>. When the certificate named is itself unconfirmed, it has been seen by
    /// this, and is confirmed in the same transaction. One that is not this device's is
    /// <see cref="RefusalCode.UnknownCertificate"/>.</item>
    /// <item>A name is another holder's that has a certificate (<see cref="RefusalCode.NameInUse"/>). The service takes its names whoever
    /// had them.</item>
    /// <item>First enrollment, and none of the above has answered: the claim batch, the trust anchor and the token must be good still
    /// (<see cref="RefusalCode.NotAllowed"/>, <see cref="RefusalCode.BadToken"/>, <see cref="RefusalCode.TokenExpired"/>,
    /// <see cref="RefusalCode.TokenExhausted"/>), a claimed device is not claimed again, but for another slot with
    /// the key of its first claim (<see cref="RefusalCode.AlreadyClaimed"/>), the lot must be open and have a unit left (<see cref="RefusalCode.LotNotOpen"/>,
    /// <see cref="RefusalCode.LotClosed"/>, <see cref="RefusalCode.NotInLot"/>, <see cref="RefusalCode.QuotaExhausted"/>), and the
    /// registrar must have certificates left today (<see cref="RefusalCode.DailyLimit"/>). One unit of each is taken; it goes back when
    /// the reservation is given up, but for the daily limit, which counts what was begun.</item>
    /// <item>The serial number is new to the authority, else <see cref="ReserveResult.SerialNumberTaken"/>.</item>
    /// </list>
    /// A device that was not known is registered with the attributes. What looks like a second device with the same identity is marked
    /// (<see cref="ReserveResult.Refused.Sign"/>): an audit entry, once an hour for each device, and quarantine where the device's group
    /// says so. Holders that are not devices may have several
    /// current certificates.
    /// </summary>
    /// <param name="reservation">The plan.</param>
    /// <param name="ct">Gives up waiting; the transaction may still happen.</param>
    /// <returns>What was decided.</returns>
    Task<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken ct);

    /// <summary>
    /// Tells what <see cref="ReserveAsync"/> would answer now, and reserves nothing. An approval that is still missing is no reason to
    /// refuse here.
    /// </summary>
    /// <param name="reservation">The plan.</param>
    /// <param name="leavesMarks">
    /// True when somebody really wants it: then a refusal is marked as one of <see cref="ReserveAsync"/> is (a suspected clone, an
    /// attempt beyond the lot). False when it is only asked; then nothing is changed.
    /// </param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What would be decided.</returns>
    Task<ReserveResult> ProbeAsync(Reservation reservation, bool leavesMarks, CancellationToken ct);

    /// <summary>
    /// Records the signed certificate of a reservation, in one transaction with the holder's new state and one audit entry
    /// (<c>certificate-issued</c>). A device becomes active. Its first certificate becomes current at once (an
    /// expired one that was current becomes superseded); a renewal stays issued until <see cref="ConfirmAsync"/>.
    /// </summary>
    /// <param name="reservation">The reservation that was granted.</param>
    /// <param name="der">The signed certificate.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; the transaction may still happen.</param>
    /// <returns>
    /// The row as it is now, or <see cref="RefusalCode.RequestInProgress"/> when the reservation was meanwhile given up
    /// (abandoned or revoked), or what it replaces was shown, held or revoked meanwhile: then the signed certificate must not leave the process.
    /// </returns>
    Task<Outcome<CertificateRecord>> RecordAsync(
        Reservation reservation, ReadOnlyMemory<byte> der, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// Gives a reservation up: reserved becomes abandoned, with an audit entry. Others stay as they are: what a write that
    /// began earlier still records is not given up. When the database cannot do it now, the store keeps it in mind, and does it
    /// before it grants another reservation or when it is told to (<see cref="SweepAsync"/>).
    /// </summary>
    /// <param name="serialNumber">Of the reservation.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting; it will be done nevertheless.</param>
    /// <returns>True when it was reserved until now.</returns>
    Task<bool> AbandonAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// Gives up the reservations that a failing database left behind: those that <see cref="AbandonAsync"/> could not give up,
    /// and those that <see cref="ReserveAsync"/> does not know the fate of. Called every second or so; usually does nothing.
    /// </summary>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When each has been tried once.</returns>
    Task SweepAsync(CancellationToken ct);

    /// <summary>
    /// At the start, with the database held exclusively: gives up every reservation that a killed process left behind.
    /// </summary>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>How many there were.</returns>
    Task<int> AbandonAllAsync(DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// A device was seen with a certificate. The first time is put on record, with the certificate and with the device, which is
    /// in the field from then on. An unconfirmed one becomes current, the one before in its slot superseded, with one audit entry
    /// (<c>certificate-confirmed</c>). One that was displaced before it was shown comes back as long as the one before it is in use. Does
    /// nothing when the certificate does not authenticate any more.
    /// </summary>
    /// <param name="serialNumber">The certificate that was seen.</param>
    /// <param name="succession">What becomes of the one before in its slot.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>The row as it is now, or null when there is none.</returns>
    Task<CertificateRecord?> ConfirmAsync(SerialNumber serialNumber, Succession succession, DateTimeOffset at, CancellationToken ct);

    /// <summary>
    /// Notes that a certificate was shown whose overlap is over: a clone is suspected, with the audit entry, and the device is
    /// quarantined where its group says so. Nothing happens when the certificate may be shown, or it was noted within the hour.
    /// </summary>
    /// <param name="serialNumber">The certificate.</param>
    /// <param name="at">Now.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    Task NoteOldAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct);

    /// <summary>Reads one row; the hot path of authentication, always fresh.</summary>
    /// <param name="serialNumber">The serial number.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The row, or null. Authorities share one space of serial numbers here, except imported CA certificates.</returns>
    ValueTask<CertificateRecord?> FindAsync(SerialNumber serialNumber, CancellationToken ct);

    /// <summary>Reads the row of a certificate that a caller shows, and the registrar or device that holds it: every request asks.</summary>
    /// <param name="serialNumber">The serial number.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The rows, or null.</returns>
    ValueTask<ShownCertificate?> FindShownAsync(SerialNumber serialNumber, CancellationToken ct);

    /// <summary>Reads one row with its DER.</summary>
    /// <param name="serialNumber">The serial number.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The row, or null when there is none or nothing signed is recorded.</returns>
    ValueTask<StoredCertificate?> FindWithDerAsync(SerialNumber serialNumber, CancellationToken ct);

    /// <summary>Lists certificates, newest reservation first.</summary>
    /// <param name="query">Filters and place.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>At most <see cref="CertificateQuery.Limit"/> rows, and where to go on.</returns>
    Task<Page<CertificateRecord>> ListAsync(CertificateQuery query, CancellationToken ct);
}
