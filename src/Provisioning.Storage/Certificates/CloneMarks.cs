using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>Leaves the marks of a suspicion: an audit entry, and quarantine where the device's group says so.</summary>
internal static class CloneMarks
{
    /// <summary>Refuses, and marks the device that somebody else seems to be, if it is in the registry.</summary>
    public static ReserveResult.Refused Refuse(
        Transaction transaction, Reservation reservation, string device, CloneSign sign, Refusal refusal)
    {
        var other = device == reservation.Holder ? null : reservation.Holder;
        Leave(transaction, device, sign, other, reservation.Requester, reservation.At);
        return new ReserveResult.Refused(refusal) { Sign = sign };
    }

    /// <summary>Marks a device, if it is in the registry.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="device">The device.</param>
    /// <param name="sign">What makes it suspicious.</param>
    /// <param name="what">What was shown or asked for, or null when there is nothing to add.</param>
    /// <param name="actor">Who did it.</param>
    /// <param name="at">When.</param>
    public static void Leave(Transaction transaction, string device, CloneSign sign, string? what, string actor, DateTimeOffset at)
    {
        const string read = """
            SELECT d.state, d.clone_suspected_at, g.on_clone FROM devices d
            LEFT JOIN enrollment_groups g ON g.name = d.group_name WHERE d.device_id = @device_id
            """;
        bool isDue, isQuarantined;
        using (var row = transaction.Sql(read).With("device_id", device).Query())
        {
            if (!row.Read()) return;
            isDue = row.IsDBNull(1) || row.GetInt64(1) <= (at - CloneMark.Pause).ToUnixTimeMilliseconds();
            isQuarantined = !row.IsDBNull(2) && row.GetString(2) == "quarantine" && row.GetString(0) is "registered" or "active";
        }

        if (isDue)
        {
            transaction.Sql("UPDATE devices SET clone_suspected_at = @at WHERE device_id = @device_id")
                .With("at", at)
                .With("device_id", device)
                .Execute();
            var detail = what is null ? Words.Of(sign) : $"{Words.Of(sign)} {what}";
            transaction.Audit(AuditActions.CloneSuspected, actor, at, HolderKind.Device, device, null, detail);
        }

        if (isQuarantined) Quarantine(transaction, device, Words.Of(sign), at);
    }

    /// <summary>The device is quarantined now, or when it is resumed, with the audit entry.</summary>
    public static void Quarantine(Transaction transaction, string device, string why, DateTimeOffset at)
    {
        const string sql = """
            UPDATE devices SET state = CASE WHEN state = 'suspended' THEN state ELSE 'quarantined' END,
                prior_state = CASE WHEN state = 'suspended' THEN 'quarantined' ELSE prior_state END,
                revision = revision + 1, updated_at = @at
            WHERE device_id = @device_id
            """;
        transaction.Sql(sql).With("at", at).With("device_id", device).Execute();
        transaction.Audit(AuditActions.DeviceQuarantined, "service", at, HolderKind.Device, device, null, why);
    }
}
