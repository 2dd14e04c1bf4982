using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>The changes of state that more than one operation makes.</summary>
internal static class CertificateStates
{
    /// <summary>Whatever state it has, it is superseded now.</summary>
    public static void Supersede(Transaction transaction, CertificateRecord certificate)
    {
        const string sql = """
            UPDATE certificates SET state = 'superseded' WHERE serial = @serial AND authority = @authority
            """;
        transaction.Sql(sql)
            .With("serial", certificate.SerialNumber.ToOctets())
            .With("authority", certificate.Authority)
            .Execute();
    }

    /// <summary>The device's current certificate in a slot, if there is one, is superseded now.</summary>
    public static void SupersedeCurrent(Transaction transaction, string device, string slot)
    {
        const string sql = """
            UPDATE certificates SET state = 'superseded'
            WHERE holder = @holder AND slot = @slot AND holder_kind = 'device' AND state = 'current'
            """;
        transaction.Sql(sql).With("holder", device).With("slot", slot).Execute();
    }

    /// <summary>Issued becomes current, the one before in its slot superseded, with the audit entry; it has been seen by that.</summary>
    public static CertificateRecord Confirm(Transaction transaction, CertificateRecord issued, DateTimeOffset at)
    {
        if (issued.HolderKind == HolderKind.Device) SupersedeCurrent(transaction, issued.Holder, issued.Slot);
        const string sql = """
            UPDATE certificates SET state = 'current' WHERE serial = @serial AND authority = @authority
            """;
        transaction.Sql(sql)
            .With("serial", issued.SerialNumber.ToOctets())
            .With("authority", issued.Authority)
            .Execute();
        var actor = Words.Of(issued.HolderKind) + ":" + issued.Holder;
        Audit(transaction, AuditActions.CertificateConfirmed, actor, at, issued, null);
        return See(transaction, issued, at) with { State = CertificateState.Current };
    }

    /// <summary>Puts the first time on record that a device showed a certificate.</summary>
    public static CertificateRecord See(Transaction transaction, CertificateRecord certificate, DateTimeOffset at)
    {
        if (certificate.SeenAt is not null) return certificate;
        const string sql = "UPDATE certificates SET seen_at = @at WHERE serial = @serial AND authority = @authority";
        transaction.Sql(sql)
            .With("at", at)
            .With("serial", certificate.SerialNumber.ToOctets())
            .With("authority", certificate.Authority)
            .Execute();
        if (certificate.HolderKind == HolderKind.Device)
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

        return certificate with { SeenAt = at };
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
        UnitsTaken.GiveBack(transaction, reserved);
        Audit(transaction, AuditActions.ReservationAbandoned, "service", at, reserved, reserved.TbsHash.ToString());
    }

    public static void Audit(
        Transaction transaction, string action, string actor, DateTimeOffset at, CertificateRecord about,
        string? detail) =>
        transaction.Audit(
            action, actor, at, about.HolderKind, about.Holder, about.SerialNumber.ToString(), detail);
}
