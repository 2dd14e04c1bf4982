using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Revocation;

/// <summary>The transactions that revoke, hold and release, as <see cref="IRevocationStore"/> specifies them.</summary>
internal sealed class RevokeOperation(
    Transaction transaction, SerialNumber serialNumber, string actor, DateTimeOffset at)
{
    /// <summary>The certificates that were changed.</summary>
    public List<CertificateKey> Changes { get; } = [];

    public Outcome<CertificateRecord> Revoke(RevocationReason reason) =>
        CertificateRow.Find(transaction, serialNumber) switch
        {
            null => Refusals.NotFound,
            { State: CertificateState.Held } row when reason == RevocationReason.CertificateHold => KeepHeld(row),
            var row when row.RevocationReason == reason => row,
            { State: CertificateState.Revoked } row => reason == RevocationReason.KeyCompromise
                ? Revoke(row, reason, row.RevokedAt!.Value)
                : Refusals.AlreadyRevoked,
            var row when reason != RevocationReason.CertificateHold => Revoke(row, reason, at),
            { State: CertificateState.Issued or CertificateState.Current } row => Hold(row),
            _ => Refusals.CannotBeHeld,
        };

    /// <summary>Holds a certificate with many others: also one that has a successor, because its device still takes it.</summary>
    public Outcome<CertificateRecord> HoldAny() => CertificateRow.Find(transaction, serialNumber) switch
    {
        null => Refusals.NotFound,
        { State: CertificateState.Issued or CertificateState.Current or CertificateState.Superseded } row => Hold(row),
        _ => Refusals.CannotBeHeld,
    };

    /// <summary>Holds a certificate because its device is suspended; also one that has a successor.</summary>
    public void HoldWithDevice(CertificateRecord row)
    {
        Hold(row);
        transaction.Sql("UPDATE certificates SET held_with_device = 1 WHERE serial = @serial AND authority = @authority")
            .With("serial", row.SerialNumber.ToOctets())
            .With("authority", row.Authority)
            .Execute();
    }

    /// <summary>
    /// Revokes a certificate whose row is damaged, with all others of its device: by its serial number, and what else can be read. One that
    /// is revoked already stays as it is.
    /// </summary>
    public void RevokeUnread(DamagedCertificate row, string holder, RevocationReason reason)
    {
        if (row.State == "revoked") return;
        Update(row.Key, "revoked", null, at, reason);
        transaction.Audit(AuditActions.CertificateRevoked, actor, at, HolderKind.Device, holder, row.Key.Text, Words.Of(reason));
        if (reason == RevocationReason.KeyCompromise && row.KeyThumbprint is { } key)
            BlockedKeys.Block(transaction, key, HolderKind.Device, holder, Words.Of(reason), at);
    }

    public Outcome<CertificateRecord> Release()
    {
        if (CertificateRow.Find(transaction, serialNumber) is not { } row) return Refusals.NotFound;
        if (row.State != CertificateState.Held) return Refusals.NotOnHold;

        // Whoever held it, and when: while its device is suspended, none of its certificates works.
        if (IsOfSuspended(row)) return Refusals.DeviceSuspended;
        var (prior, isTaken) = ReadPlace(row);
        if (isTaken) return Refusals.PlaceTaken;

        Update(row, Words.Of(prior), null, null, null);
        CertificateStates.Audit(transaction, AuditActions.HoldReleased, actor, at, row, null);
        return row with { State = prior, RevokedAt = null, RevocationReason = null };
    }

    /// <summary>
    /// Releases what a job has put on hold. Of a device that was suspended meanwhile, the hold is the suspension's from now on; what
    /// somebody else has held or revoked meanwhile is left as it is.
    /// </summary>
    /// <param name="job">The number of the job that has put it on hold.</param>
    /// <returns>False when it cannot be released, because its place was taken.</returns>
    public bool ReleaseOfJob(long job)
    {
        if (CertificateRow.Find(transaction, serialNumber) is not { State: CertificateState.Held } row || !IsHeldBy(row, job)) return true;
        if (!IsOfSuspended(row)) return Release().TryGet(out _, out _);
        transaction.Sql("UPDATE certificates SET held_with_device = 1, revocation_job = NULL WHERE serial = @serial AND authority = @authority")
            .With("serial", row.SerialNumber.ToOctets())
            .With("authority", row.Authority)
            .Execute();
        Changes.Add(KeyOf(row));
        return true;
    }

    /// <summary>
    /// Releases what <see cref="HoldWithDevice"/> has put on hold, when the device is resumed. What has lost its place to another
    /// certificate stays on hold, by itself.
    /// </summary>
    public void ReleaseWithDevice(CertificateRecord row)
    {
        var (prior, isTaken) = ReadPlace(row);
        if (isTaken)
        {
            transaction.Sql("UPDATE certificates SET held_with_device = NULL WHERE serial = @serial AND authority = @authority")
                .With("serial", row.SerialNumber.ToOctets())
                .With("authority", row.Authority)
                .Execute();
            return;
        }

        Update(row, Words.Of(prior), null, null, null);
        CertificateStates.Audit(transaction, AuditActions.HoldReleased, actor, at, row, null);
    }

    // On hold with its device, by a job or by somebody else, and now for itself too: then it stays on hold when those are released.
    private CertificateRecord KeepHeld(CertificateRecord row)
    {
        if (!IsHeldWithOthers(row) && !IsHeldByAnother(row)) return row;
        transaction.Sql("UPDATE certificates SET held_with_device = NULL, revocation_job = NULL WHERE serial = @serial AND authority = @authority")
            .With("serial", row.SerialNumber.ToOctets())
            .With("authority", row.Authority)
            .Execute();
        CertificateStates.Audit(transaction, AuditActions.CertificateHeld, actor, at, row, null);
        return row;
    }

    private bool IsOfSuspended(CertificateRecord row)
    {
        if (row.HolderKind != HolderKind.Device) return false;
        using var found = transaction.Sql("SELECT 1 FROM devices WHERE device_id = @device_id AND state = 'suspended'")
            .With("device_id", row.Holder)
            .Query();
        return found.Read();
    }

    private bool IsHeldBy(CertificateRecord row, long job)
    {
        using var found = transaction.Sql("SELECT 1 FROM certificates WHERE serial = @serial AND authority = @authority AND revocation_job = @job")
            .With("serial", row.SerialNumber.ToOctets())
            .With("authority", row.Authority)
            .With("job", job)
            .Query();
        return found.Read();
    }

    private bool IsHeldWithOthers(CertificateRecord row)
    {
        const string sql = """
            SELECT 1 FROM certificates WHERE serial = @serial AND authority = @authority AND (held_with_device = 1 OR revocation_job IS NOT NULL)
            """;
        using var found = transaction.Sql(sql).With("serial", row.SerialNumber.ToOctets()).With("authority", row.Authority).Query();
        return found.Read();
    }

    private bool IsHeldByAnother(CertificateRecord row)
    {
        const string sql = """
            SELECT actor FROM audit WHERE holder = @holder AND serial = @text AND action = 'certificate-held' ORDER BY sequence DESC LIMIT 1
            """;
        using var found = transaction.Sql(sql).With("holder", row.Holder).With("text", row.SerialNumber.ToString()).Query();
        return found.Read() && found.GetString(0) != actor;
    }

    private CertificateRecord Revoke(CertificateRecord row, RevocationReason reason, DateTimeOffset revokedAt)
    {
        var others = reason == RevocationReason.KeyCompromise ? ReadOthersWithKey(row) : [];
        Update(row, "revoked", null, revokedAt, reason);
        CertificateStates.Audit(transaction, AuditActions.CertificateRevoked, actor, at, row, Words.Of(reason));
        if (reason == RevocationReason.KeyCompromise)
            BlockedKeys.Block(transaction, row.KeyThumbprint, row.HolderKind, row.Holder, Words.Of(reason), at);
        foreach (var (other, isReserved) in others)
        {
            Update(other, "revoked", null, at, reason);
            if (isReserved) UnitsTaken.GiveBack(transaction, other, row.Holder);
            transaction.Audit(AuditActions.CertificateRevoked, actor, at, row.HolderKind, row.Holder, other.Text, Words.Of(reason));
        }

        return Changed(row, CertificateState.Revoked, revokedAt, reason);
    }

    // A key belongs to one holder, so these are all there can be. A reservation too: its signature would come too late. A damaged row as
    // well, by its serial number alone: whoever has stolen the key can use its certificate all the same.
    private List<(CertificateKey Key, bool IsReserved)> ReadOthersWithKey(CertificateRecord row)
    {
        const string sql = """
            SELECT c.serial, c.authority, c.state FROM certificates c
            WHERE c.holder = @holder AND c.key_thumbprint = @key AND c.serial <> @serial
                AND c.state <> 'revoked' AND c.state <> 'abandoned'
            """;
        using var found = transaction.Sql(sql)
            .With("holder", row.Holder)
            .With("key", row.KeyThumbprint.ToOctets())
            .With("serial", row.SerialNumber.ToOctets())
            .Query();
        var others = new List<(CertificateKey, bool)>();
        while (found.Read()) others.Add((new CertificateKey(found.GetFieldValue<byte[]>(0), found.GetString(1)), found.GetString(2) == "reserved"));
        return others;
    }

    private CertificateRecord Hold(CertificateRecord row)
    {
        Update(row, "held", Words.Of(row.State), at, RevocationReason.CertificateHold);
        CertificateStates.Audit(transaction, AuditActions.CertificateHeld, actor, at, row, null);
        return Changed(row, CertificateState.Held, at, RevocationReason.CertificateHold);
    }

    private static CertificateRecord Changed(
        CertificateRecord row, CertificateState state, DateTimeOffset revokedAt, RevocationReason reason) => row with
        {
            State = state,
            RevokedAt = DateTimeOffset.FromUnixTimeMilliseconds(revokedAt.ToUnixTimeMilliseconds()),
            RevocationReason = reason,
        };

    private static CertificateKey KeyOf(CertificateRecord row) => new(row.SerialNumber.ToOctets(), row.Authority);

    private void Update(
        CertificateRecord row, string state, string? priorState, DateTimeOffset? revokedAt, RevocationReason? reason)
    {
        Update(KeyOf(row), state, priorState, revokedAt, reason);

        // Nothing comes of a reservation that is revoked before it was recorded.
        if (row.State == CertificateState.Reserved) UnitsTaken.GiveBack(transaction, KeyOf(row), row.Holder);
    }

    private void Update(CertificateKey key, string state, string? priorState, DateTimeOffset? revokedAt, RevocationReason? reason)
    {
        const string sql = """
            UPDATE certificates SET state = @state, prior_state = @prior_state, revoked_at = @revoked_at,
                revocation_reason = @reason, held_with_device = NULL, revocation_job = NULL, revocation_sequence = @sequence,
                revoke_at = CASE WHEN @state = 'revoked' THEN NULL ELSE revoke_at END, request_key = CASE WHEN thumbprint IS NULL THEN NULL ELSE request_key END
            WHERE serial = @serial AND authority = @authority
            """;
        transaction.Sql(sql)
            .With("state", state)
            .With("prior_state", priorState)
            .With("revoked_at", revokedAt?.ToUnixTimeMilliseconds())
            .With("reason", (long?)reason)
            .With("sequence", transaction.NextSequence)
            .With("serial", key.Serial)
            .With("authority", key.Authority)
            .Execute();
        Changes.Add(key);
    }

    // A device has one current certificate and one on its way in each slot; other holders have as many as they like. An unconfirmed one comes
    // back only while nothing newer is in use: confirming it would take that one away.
    private (CertificateState Prior, bool IsTaken) ReadPlace(CertificateRecord held)
    {
        const string sql = """
            SELECT h.prior_state, EXISTS (
                SELECT 1 FROM certificates o
                WHERE o.holder = h.holder AND o.slot = h.slot AND o.holder_kind = 'device' AND h.holder_kind = 'device'
                    AND ((h.prior_state = 'current' AND o.state = 'current')
                        OR (h.prior_state = 'issued' AND (o.state IN ('reserved', 'issued')
                            OR (o.state = 'current' AND o.reserved_at > h.reserved_at)))))
            FROM certificates h WHERE h.serial = @serial AND h.authority = @authority
            """;
        using var row = transaction.Sql(sql)
            .With("serial", held.SerialNumber.ToOctets())
            .With("authority", held.Authority)
            .Query();
        row.Read();
        return (Words.ToCertificateState(row.GetString(0)), row.GetBoolean(1));
    }
}
