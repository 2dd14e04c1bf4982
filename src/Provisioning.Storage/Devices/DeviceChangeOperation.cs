using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Revocation;

namespace Provisioning.Storage.Devices;

/// <summary>The transactions of <see cref="IDeviceChangeStore"/>.</summary>
internal sealed class DeviceChangeOperation(Transaction transaction, DeviceId id, string actor, DateTimeOffset at)
{
    private const string ById = $"SELECT {DeviceRow.Columns}, d.prior_state FROM devices d WHERE d.device_id = @id";

    // Expired ones too: within the grace of its group a certificate still renews, and the key of any may have become known.
    private const string Usable = $"""
        SELECT {CertificateRow.Columns} FROM certificates c
        WHERE c.holder = @holder AND c.holder_kind = 'device' AND c.state <> 'abandoned'
            AND (c.not_after >= @at OR c.state = 'issued' OR c.state = 'current' OR c.state = 'held')
        """;

    private const string WithKnownKey = $"{Usable} ORDER BY c.reserved_at, c.serial";

    private const string Revocable = $"{Usable} AND c.state <> 'revoked' ORDER BY c.reserved_at, c.serial";

    private readonly HashSet<string> _authorities = [];

    public Outcome<ChangedDevice> Change(DeviceChange change, string? reason)
    {
        if (Find() is not var (device, prior)) return Refusals.NoSuchDevice;
        if (IsSo(change, device.State)) return new ChangedDevice(device, []);
        if (device.State == DeviceState.Decommissioned) return Refusals.DeviceDecommissioned;
        return change switch
        {
            DeviceChange.Suspend => Suspend(device.State, reason),
            DeviceChange.Resume when device.State == DeviceState.Suspended => Resume(prior ?? Working(), reason),
            DeviceChange.Quarantine when device.State is DeviceState.Registered or DeviceState.Active =>
                Save(DeviceState.Quarantined, null, AuditActions.DeviceQuarantined, reason),
            DeviceChange.Release when device.State == DeviceState.Quarantined =>
                Save(Working(), null, AuditActions.DeviceReleased, reason),
            DeviceChange.Decommission => Decommission(reason),
            _ => Refusals.BadDeviceState(device.State),
        };
    }

    public Outcome<ChangedDevice> RevokeAll(RevocationReason reason)
    {
        if (Find() is not var (device, _)) return Refusals.NoSuchDevice;
        RevokeLiving(reason);
        return new ChangedDevice(device, [.. _authorities]);
    }

    // Resumed or released, it is so already when it is none of both.
    private static bool IsSo(DeviceChange change, DeviceState state) => (change, state) is
        (DeviceChange.Suspend, DeviceState.Suspended)
        or (DeviceChange.Quarantine, DeviceState.Quarantined)
        or (DeviceChange.Decommission, DeviceState.Decommissioned)
        or (DeviceChange.Resume or DeviceChange.Release, DeviceState.Registered or DeviceState.Active);

    private Outcome<ChangedDevice> Suspend(DeviceState from, string? reason)
    {
        // One that is damaged cannot be held, and needs not: nobody is let in with it, nor while its device is suspended.
        foreach (var certificate in ReadLiving())
        {
            if (certificate.State is not (CertificateState.Issued or CertificateState.Current or CertificateState.Superseded)) continue;
            new RevokeOperation(transaction, certificate.SerialNumber, actor, at).HoldWithDevice(certificate);
            _authorities.Add(certificate.Authority);
        }

        return Save(DeviceState.Suspended, from, AuditActions.DeviceSuspended, reason);
    }

    private Outcome<ChangedDevice> Resume(DeviceState to, string? reason)
    {
        foreach (var certificate in ReadHeldWithDevice())
        {
            // Nothing was issued meanwhile; but before, and then the newer one has the place.
            new RevokeOperation(transaction, certificate.SerialNumber, actor, at).ReleaseWithDevice(certificate);
            _authorities.Add(certificate.Authority);
        }

        return Save(to, null, AuditActions.DeviceResumed, reason);
    }

    private Outcome<ChangedDevice> Decommission(string? reason)
    {
        RevokeLiving(RevocationReason.CessationOfOperation);
        return Save(DeviceState.Decommissioned, null, AuditActions.DeviceDecommissioned, reason);
    }

    private void RevokeLiving(RevocationReason reason)
    {
        var (damaged, changes) = (new List<DamagedCertificate>(), new List<CertificateKey>());
        foreach (var certificate in Read(reason == RevocationReason.KeyCompromise ? WithKnownKey : Revocable, at, damaged))
        {
            // Revoked for another reason it is left as it is, unless its key is known to others now.
            var one = new RevokeOperation(transaction, certificate.SerialNumber, actor, at);
            one.Revoke(reason);
            changes.AddRange(one.Changes);
        }

        foreach (var row in damaged)
        {
            // With a sound one of the same key it is revoked already.
            if (changes.Exists(changed => changed.Serial.AsSpan().SequenceEqual(row.Key.Serial))) continue;
            var one = new RevokeOperation(transaction, default, actor, at);
            one.RevokeUnread(row, id.Value, reason);
            changes.AddRange(one.Changes);
        }

        _authorities.UnionWith(changes.Select(changed => changed.Authority));
    }

    private (Device Device, DeviceState? Prior)? Find()
    {
        using var row = transaction.Sql(ById).With("id", id.Value).Query();
        if (!row.Read()) return null;
        return (DeviceRow.Read(row), row.IsDBNull(DeviceRow.Count) ? null : Words.ToDeviceState(row.GetString(DeviceRow.Count)));
    }

    // What it is when nobody holds anything against it.
    private DeviceState Working()
    {
        const string sql = "SELECT 1 FROM certificates WHERE holder = @holder AND holder_kind = 'device' AND thumbprint IS NOT NULL LIMIT 1";
        using var row = transaction.Sql(sql).With("holder", id.Value).Query();
        return row.Read() ? DeviceState.Active : DeviceState.Registered;
    }

    private List<CertificateRecord> ReadLiving() => Read($"""
        SELECT {CertificateRow.Columns} FROM certificates c
        WHERE c.holder = @holder AND c.holder_kind = 'device' AND c.not_after >= @at
            AND c.state <> 'revoked' AND c.state <> 'abandoned'
        ORDER BY c.reserved_at, c.serial
        """);

    private List<CertificateRecord> ReadHeldWithDevice() => Read($"""
        SELECT {CertificateRow.Columns} FROM certificates c
        WHERE c.holder = @holder AND c.holder_kind = 'device' AND c.state = 'held' AND c.held_with_device = 1
        ORDER BY c.reserved_at DESC, c.serial
        """, until: null);

    private List<CertificateRecord> Read(string sql) => Read(sql, at);

    private List<CertificateRecord> Read(string sql, DateTimeOffset? until, List<DamagedCertificate>? damaged = null)
    {
        var statement = transaction.Sql(sql).With("holder", id.Value);
        if (until is { } end) statement.With("at", end);
        using var row = statement.Query();
        var all = new List<CertificateRecord>();
        while (row.Read())
        {
            if (CertificateRow.TryRead(row) is { } sound) all.Add(sound);
            else if (DamagedCertificate.TryRead(row) is { } other) damaged?.Add(other);
        }

        return all;
    }

    private Outcome<ChangedDevice> Save(DeviceState state, DeviceState? prior, string action, string? reason)
    {
        const string sql = """
            UPDATE devices SET state = @state, prior_state = @prior, revision = revision + 1, updated_at = @at WHERE device_id = @id
            """;
        transaction.Sql(sql)
            .With("state", Words.Of(state))
            .With("prior", prior is { } known ? Words.Of(known) : null)
            .With("at", at)
            .With("id", id.Value)
            .Execute();
        transaction.Audit(action, actor, at, HolderKind.Device, id.Value, null, reason);
        return new ChangedDevice(Find()!.Value.Device, [.. _authorities]);
    }
}
