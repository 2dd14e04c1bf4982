using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Devices;

namespace Provisioning.Storage.Revocation;

/// <summary>The transactions of <see cref="IRegistrarRevocationStore"/>.</summary>
internal sealed class RegistrarRevokeOperation(Transaction transaction, RevokingRegistrar registrar, DateTimeOffset at)
{
    private const string DeviceById = $"SELECT {DeviceRow.Columns} FROM devices d WHERE d.device_id = @id";

    private long Day => at.ToUnixTimeSeconds() / 86_400;

    public Outcome<RegistrarChange> Revoke(SerialNumber serialNumber, RevocationReason reason)
    {
        if (!Find(serialNumber).TryGet(out var row, out var refusal)) return refusal;

        // Its own name must not stand over the hold of another.
        if (row.State == CertificateState.Held && reason == RevocationReason.CertificateHold) return new RegistrarChange(row, IsChanged: false);
        if (row.RevocationReason == reason) return new RegistrarChange(row, IsChanged: false);
        if (CheckDay() is { } enough) return enough;
        var one = new RevokeOperation(transaction, serialNumber, registrar.Actor, at);
        if (!one.Revoke(reason).TryGet(out var now, out refusal)) return refusal;
        if (one.Changes.Count > 0) Count();
        return new RegistrarChange(now, one.Changes.Count > 0);
    }

    public Outcome<CertificateRecord> Release(SerialNumber serialNumber)
    {
        if (!Find(serialNumber).TryGet(out var row, out var refusal)) return refusal;
        if (row.State != CertificateState.Held) return Refusals.NotOnHold;
        if (!IsOwnHold(row)) return new Refusal(RefusalCode.NotAllowed, "Somebody else has put the certificate on hold.");
        if (CheckDay() is { } enough) return enough;
        var one = new RevokeOperation(transaction, serialNumber, registrar.Actor, at);
        var outcome = one.Release();
        if (one.Changes.Count > 0) Count();
        return outcome;
    }

    public Outcome<ChangedDevice> RevokeDevice(DeviceId id, RevocationReason reason)
    {
        if (CheckRegistrar() is { } refusal) return refusal;
        if (FindDevice(id.Value) is not { } device || !Reaches(device)) return Refusals.NoSuchDevice;
        if (CheckDay() is { } enough) return enough;
        var outcome = new DeviceChangeOperation(transaction, id, registrar.Actor, at).RevokeAll(reason);
        if (outcome.TryGet(out var changed, out _) && changed.Authorities.Count > 0) Count();
        return outcome;
    }

    // The same reads whether there is such a certificate or not, and whosever it is.
    private Outcome<CertificateRecord> Find(SerialNumber serialNumber)
    {
        if (CheckRegistrar() is { } refusal) return refusal;
        var row = CertificateRow.Find(transaction, serialNumber);
        var device = FindDevice(row is { HolderKind: HolderKind.Device } ? row.Holder : "");
        return row is not null && device is not null && Reaches(device) && (row.Group is not { } group || registrar.Scope.AllowsGroup(group))
            ? row
            : Refusals.NotFound;
    }

    private bool Reaches(Device device) =>
        registrar.Scope.AllowsGroup(device.Group) && registrar.Scope.AllowsLot(device.Lot) && registrar.Scope.AllowsDevice(device.Id);

    // The scope is what it was when the caller was identified, or it is decided again.
    private Refusal? CheckRegistrar()
    {
        using var row = transaction.Sql("SELECT revision FROM principals WHERE name = @name AND kind = 'registrar'")
            .With("name", registrar.Name)
            .Query();
        return row.Read() && row.GetInt64(0) == registrar.Revision ? null : Refusals.PolicyChanged;
    }

    private Device? FindDevice(string id)
    {
        using var row = transaction.Sql(DeviceById).With("id", id).Query();
        return row.Read() ? DeviceRow.Read(row) : null;
    }

    // The newest entry says whose hold it is; a suspension and a job have marks of their own, which they take with them.
    private bool IsOwnHold(CertificateRecord row)
    {
        const string sql = """
            SELECT a.actor FROM audit a, certificates c
            WHERE a.holder = @holder AND a.serial = @text AND a.action = 'certificate-held'
                AND c.serial = @serial AND c.authority = @authority AND c.held_with_device IS NULL AND c.revocation_job IS NULL
            ORDER BY a.sequence DESC LIMIT 1
            """;
        using var found = transaction.Sql(sql)
            .With("holder", row.Holder)
            .With("text", row.SerialNumber.ToString())
            .With("serial", row.SerialNumber.ToOctets())
            .With("authority", row.Authority)
            .Query();
        return found.Read() && found.GetString(0) == registrar.Actor;
    }

    private Refusal? CheckDay()
    {
        if (registrar.Scope.DailyLimit is not { } limit) return null;
        using var row = transaction.Sql("SELECT revoked FROM registrar_days WHERE name = @name AND day = @day")
            .With("name", registrar.Name)
            .With("day", Day)
            .Query();
        if (!row.Read() || row.GetInt64(0) < limit) return null;
        return new Refusal(RefusalCode.DailyLimit, "The registrar has revoked and released as many certificates today as it may. The day is that of UTC.")
        {
            RetryAfter = DateTimeOffset.FromUnixTimeSeconds((Day + 1) * 86_400) - at,
        };
    }

    private void Count()
    {
        const string sql = """
            INSERT INTO registrar_days (name, day, granted, revoked) VALUES (@name, @day, 0, 1)
            ON CONFLICT (name, day) DO UPDATE SET revoked = registrar_days.revoked + 1
            """;
        transaction.Sql(sql).With("name", registrar.Name).With("day", Day).Execute();
    }
}
