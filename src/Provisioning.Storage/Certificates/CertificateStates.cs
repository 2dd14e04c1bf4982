using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>The changes of state that more than one operation makes.</summary>
internal static class CertificateStates
{
    /// <summary>
    /// An unconfirmed certificate gives its place up. Its device may have stored it all the same: shown while the one before is still in
    /// use, it is confirmed (<see cref="Confirm"/>).
    /// </summary>
    public static void Displace(Transaction transaction, CertificateRecord certificate)
    {
        const string sql = "UPDATE certificates SET state = 'superseded' WHERE serial = @serial AND authority = @authority";
        transaction.Sql(sql)
            .With("serial", certificate.SerialNumber.ToOctets())
            .With("authority", certificate.Authority)
            .Execute();
    }

    /// <summary>
    /// The device's current certificate in a slot, if there is one, is superseded now, and works until the overlap is over. So are those
    /// that were displaced and never shown: from now on they are old, also when they are on hold now and released later.
    /// </summary>
    public static void SupersedeCurrent(Transaction transaction, string device, string slot, Succession succession, DateTimeOffset at)
    {
        const string sql = """
            UPDATE certificates SET state = CASE WHEN state = 'held' THEN 'held' ELSE 'superseded' END, works_until = @until, revoke_at = @revoke_at
            WHERE holder = @holder AND slot = @slot AND holder_kind = 'device'
                AND (state = 'current' OR (works_until IS NULL AND (state = 'superseded' OR (state = 'held' AND prior_state = 'superseded'))))
            """;
        var until = (at + succession.Overlap).ToUnixTimeMilliseconds();
        transaction.Sql(sql)
            .With("until", until)
            .With("revoke_at", succession.Revokes ? until : (long?)null)
            .With("holder", device)
            .With("slot", slot)
            .Execute();
    }

    /// <summary>
    /// A certificate that was displaced before its device has shown it, and the one before it is still in use: whoever holds it was given it,
    /// and may have nothing else.
    /// </summary>
    public static bool CanComeBack(Transaction transaction, CertificateRecord displaced, DateTimeOffset at)
    {
        const string sql = """
            SELECT 1 FROM certificates
            WHERE holder = @holder AND slot = @slot AND holder_kind = 'device' AND state = 'current' AND reserved_at <= @reserved_at
            """;
        if (displaced is not { State: CertificateState.Superseded, HolderKind: HolderKind.Device, WorksUntil: null, SeenAt: null }
            || displaced.NotAfter < at)
        {
            return false;
        }

        using var row = transaction.Sql(sql)
            .With("holder", displaced.Holder)
            .With("slot", displaced.Slot)
            .With("reserved_at", displaced.ReservedAt)
            .Query();
        return row.Read();
    }

    /// <summary>Issued becomes current, the one before in its slot superseded, with the audit entry; it has been seen by that.</summary>
    public static CertificateRecord Confirm(Transaction transaction, CertificateRecord issued, Succession succession, DateTimeOffset at)
    {
        if (issued.HolderKind == HolderKind.Device) SupersedeCurrent(transaction, issued.Holder, issued.Slot, succession, at);
        const string sql = """
            UPDATE certificates SET state = 'current', works_until = NULL, revoke_at = NULL WHERE serial = @serial AND authority = @authority
            """;
        transaction.Sql(sql)
            .With("serial", issued.SerialNumber.ToOctets())
            .With("authority", issued.Authority)
            .Execute();
        var actor = Words.Of(issued.HolderKind) + ":" + issued.Holder;
        Audit(transaction, AuditActions.CertificateConfirmed, actor, at, issued, null);
        return See(transaction, issued, at) with { State = CertificateState.Current, WorksUntil = null };
    }

    /// <summary>Puts on record that a holder showed a certificate: when first, and when last, to the hour.</summary>
    public static CertificateRecord See(Transaction transaction, CertificateRecord certificate, DateTimeOffset at)
    {
        if (certificate.LastSeenAt is { } last && at < last + DeviceIdentification.SeenAgain) return certificate;
        const string sql = """
            UPDATE certificates SET seen_at = COALESCE(seen_at, @at), last_seen_at = @at WHERE serial = @serial AND authority = @authority
            """;
        transaction.Sql(sql)
            .With("at", at)
            .With("serial", certificate.SerialNumber.ToOctets())
            .With("authority", certificate.Authority)
            .Execute();
        if (certificate is { HolderKind: HolderKind.Device, SeenAt: null })
        {
            // A closed lot stays what it was: whoever is seen after that was seen later than it was closed, whatever the clocks say.
            const string see = """
                UPDATE devices SET seen_at = COALESCE(
                    (SELECT l.closed_at + 1 FROM lots l WHERE l.name = devices.lot AND l.closed_at >= @at), @at)
                WHERE device_id = @device_id AND seen_at IS NULL
                """;
            transaction.Sql(see)
                .With("at", at)
                .With("device_id", certificate.Holder)
                .Execute();
        }

        return certificate with { SeenAt = certificate.SeenAt ?? at, LastSeenAt = at };
    }

    /// <summary>Reserved becomes abandoned, with the audit entry.</summary>
    public static void Abandon(Transaction transaction, CertificateRecord reserved, DateTimeOffset at)
    {
        const string sql = """
            UPDATE certificates SET state = 'abandoned', request_key = NULL
            WHERE serial = @serial AND authority = @authority
            """;
        transaction.Sql(sql)
            .With("serial", reserved.SerialNumber.ToOctets())
            .With("authority", reserved.Authority)
            .Execute();
        UnitsTaken.GiveBack(transaction, new CertificateKey(reserved.SerialNumber.ToOctets(), reserved.Authority), reserved.Holder);
        Audit(transaction, AuditActions.ReservationAbandoned, "service", at, reserved, reserved.TbsHash.ToString());
    }

    public static void Audit(
        Transaction transaction, string action, string actor, DateTimeOffset at, CertificateRecord about,
        string? detail) =>
        transaction.Audit(
            action, actor, at, about.HolderKind, about.Holder, about.SerialNumber.ToString(), detail);
}
