using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Revocation;

namespace Provisioning.Storage.Lots;

/// <summary>The transaction that scraps a unit, as <see cref="ILotStore.ScrapAsync"/> specifies it.</summary>
internal sealed class ScrapOperation(Transaction transaction, string name, DeviceId unit, string actor, DateTimeOffset at)
{
    public Outcome<ScrappedUnit> Run(string? reason)
    {
        if (LotRow.Find(transaction, name) is not { } lot) return Refusals.NoSuchLot;
        if (ReadScrapped() is { } before) return new ScrappedUnit(before, []);
        if (lot.ClosedAt is not null) return Refusals.LotIsClosed;
        if (CheckDevice(lot) is { } refusal) return refusal;
        var certificates = ReadUnexpired();

        MarkScrapped(reason);
        transaction.Sql("UPDATE lots SET scrapped = scrapped + 1 WHERE name = @name").With("name", name).Execute();
        Decommission();
        var revoked = new List<CertificateRecord>();
        foreach (var serialNumber in certificates)
        {
            var revocation = new RevokeOperation(transaction, serialNumber, actor, at).Revoke(RevocationReason.CessationOfOperation);
            if (revocation.TryGet(out var record, out _)) revoked.Add(record);
        }

        transaction.Audit(
            AuditActions.UnitScrapped, actor, at, HolderKind.Device, unit.Value, null, reason is null ? name : $"{name}: {reason}");
        return new ScrappedUnit(DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds()), revoked);
    }

    private DateTimeOffset? ReadScrapped()
    {
        const string sql = "SELECT scrapped_at FROM lot_units WHERE lot = @lot AND device_id = @device_id AND scrapped_at IS NOT NULL";
        using var row = transaction.Sql(sql).With("lot", name).With("device_id", unit.Value).Query();
        return row.Read() ? DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)) : null;
    }

    private Refusal? CheckDevice(Lot lot)
    {
        const string sql = """
            SELECT d.lot, d.state, EXISTS (SELECT 1 FROM lot_units u WHERE u.lot = @lot AND u.device_id = @device_id AND u.is_listed = 1)
            FROM (SELECT 1) one LEFT JOIN devices d ON d.device_id = @device_id
            """;
        using var row = transaction.Sql(sql).With("lot", name).With("device_id", unit.Value).Query();
        row.Read();
        var madeIn = row.IsDBNull(0) ? null : row.GetString(0);
        if (madeIn != name)
        {
            var isOrdered = madeIn is null && (row.GetBoolean(2) || lot.Definition.Range?.Contains(unit.Value) == true);
            return isOrdered ? Refusals.NotEnrolled : Refusals.NotMadeInLot;
        }

        // It has taken a unit, and no certificate of it is on record yet: that may still come to nothing.
        return Words.ToDeviceState(row.GetString(1)) == DeviceState.Registered ? Refusals.RequestInProgress : null;
    }

    // Superseded ones too: those who go by the CRL alone would take them.
    private List<SerialNumber> ReadUnexpired()
    {
        const string sql = """
            SELECT serial FROM certificates
            WHERE holder = @holder AND holder_kind = 'device' AND state <> 'revoked' AND state <> 'abandoned' AND not_after >= @at
            """;
        using var row = transaction.Sql(sql).With("holder", unit.Value).With("at", at).Query();
        var all = new List<SerialNumber>();
        while (row.Read())
        {
            if (SerialNumber.TryFromOctets(row.GetFieldValue<byte[]>(0), out var serialNumber)) all.Add(serialNumber);
        }

        return all;
    }

    private void MarkScrapped(string? reason)
    {
        const string sql = """
            INSERT INTO lot_units (lot, device_id, is_listed, scrapped_at, scrap_reason) VALUES (@lot, @device_id, 0, @at, @reason)
            ON CONFLICT (lot, device_id) DO UPDATE SET scrapped_at = excluded.scrapped_at, scrap_reason = excluded.scrap_reason
            """;
        transaction.Sql(sql).With("lot", name).With("device_id", unit.Value).With("at", at).With("reason", reason).Execute();
    }

    private void Decommission()
    {
        const string sql = """
            UPDATE devices SET state = 'decommissioned', revision = revision + 1, updated_at = @at WHERE device_id = @device_id
            """;
        transaction.Sql(sql).With("at", at).With("device_id", unit.Value).Execute();
    }
}
