using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>Leaves the marks of a suspicion: an audit entry, and quarantine where the device's group says so.</summary>
internal static class CloneMarks
{
    // Who tries over and over must not fill the audit.
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    /// <summary>Refuses, and marks the device that somebody else seems to be, if it is in the registry.</summary>
    public static ReserveResult.Refused Refuse(
        Transaction transaction, Reservation reservation, string device, CloneSign sign, Refusal refusal)
    {
        var refused = new ReserveResult.Refused(refusal) { Sign = sign };
        const string read = """
            SELECT d.state, d.clone_suspected_at, g.on_clone FROM devices d
            LEFT JOIN enrollment_groups g ON g.name = d.group_name WHERE d.device_id = @device_id
            """;
        bool isDue, isQuarantined;
        using (var row = transaction.Sql(read).With("device_id", device).Query())
        {
            if (!row.Read()) return refused;
            isDue = row.IsDBNull(1) || row.GetInt64(1) <= (reservation.At - Pause).ToUnixTimeMilliseconds();
            isQuarantined = !row.IsDBNull(2) && row.GetString(2) == "quarantine" && row.GetString(0) is "registered" or "active";
        }

        if (isDue) Note(transaction, reservation, device, sign);
        if (isQuarantined) Quarantine(transaction, device, Words.Of(sign), reservation.At);
        return refused;
    }

    private static void Note(Transaction transaction, Reservation reservation, string device, CloneSign sign)
    {
        transaction.Sql("UPDATE devices SET clone_suspected_at = @at WHERE device_id = @device_id")
            .With("at", reservation.At)
            .With("device_id", device)
            .Execute();
        var detail = device == reservation.Holder ? Words.Of(sign) : $"{Words.Of(sign)} {reservation.Holder}";
        transaction.Audit(
            AuditActions.CloneSuspected, reservation.Requester, reservation.At, HolderKind.Device, device, null, detail);
    }

    /// <summary>Whatever state it has, the device is quarantined now, with the audit entry.</summary>
    public static void Quarantine(Transaction transaction, string device, string why, DateTimeOffset at)
    {
        const string sql = """
            UPDATE devices SET state = 'quarantined', revision = revision + 1, updated_at = @at WHERE device_id = @device_id
            """;
        transaction.Sql(sql).With("at", at).With("device_id", device).Execute();
        transaction.Audit(AuditActions.DeviceQuarantined, "service", at, HolderKind.Device, device, null, why);
    }
}
