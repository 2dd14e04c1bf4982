using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation.Jobs;

/// <summary>The transaction of a part, as <see cref="IRevocationJobStore.AdvanceAsync"/> specifies it.</summary>
internal sealed class RevocationPartOperation(
    Transaction transaction, RevocationJobRow planned, RevocationPart part, string worker, DateTimeOffset at)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _authorities = [];
    private readonly HashSet<string> _changed = [];
    private int _done;
    private int _failed;

    private RevocationOrder Order => planned.Job.Order;

    private string Actor => planned.Job.CreatedBy;

    public RevocationStep Run()
    {
        if (RevocationJobRow.Find(transaction, planned.Job.Id) is not { } now) return new RevocationStep(null, 0, _authorities, MustWait: false);
        if (now.Job.State != RevocationJobState.Running) return new RevocationStep(now.Job, 0, _authorities, MustWait: false);
        if (IsTaken(now)) return new RevocationStep(now.Job, 0, _authorities, MustWait: true);

        // What was planned from another place was done by somebody else.
        if (!IsWhereItWas(now)) return new RevocationStep(now.Job, 0, _authorities, MustWait: false);
        if (part.Range is { } to) ChangeRange(to);

        // One that cannot be read may have been revoked by the key that it shares with another.
        var unread = part.Certificates.Where(serial => !TryChange(serial)).Select(serial => serial.ToString()).ToList();
        if (!planned.IsSweeping) _failed += part.Damaged + unread.Count(serial => !_changed.Contains(serial));

        // In the end these would come again and again; when there is nothing else, it is over, or waits for what is being signed.
        var isStuck = planned.IsSweeping && unread.Count > 0 && unread.Count == part.Certificates.Count;
        var after = Save(now.Job, part.IsLast || (isStuck && !part.IsPending));
        return new RevocationStep(after, _done, _authorities, part.MustWait || (isStuck && part.IsPending));
    }

    // A lease beyond its length is from before the clock was set right.
    private bool IsTaken(RevocationJobRow now)
    {
        var left = now.LeaseUntil - at.ToUnixTimeMilliseconds();
        return now.Worker is { } other && other != worker && left > 0 && left <= Lease.TotalMilliseconds;
    }

    private bool IsWhereItWas(RevocationJobRow now) =>
        (now.IsSweeping, now.CursorAt, now.Position) == (planned.IsSweeping, planned.CursorAt, planned.Position)
        && now.CursorSerial.AsSpan().SequenceEqual(planned.CursorSerial);

    private void ChangeRange((long At, byte[] Serial) to)
    {
        var reason = Order.Reason!.Value;
        var statement = RevocationSelection.Bind(
            transaction.Sql(RevocationSelection.Of(Order).ChangeRange!), Order.Filter, planned.Until, at, null, planned.CursorAt, to.At == long.MaxValue ? to.At : to.At + 1);
        var entries = new List<AuditEntry>();
        using (var row = statement
            .With("reason", (long)reason)
            .With("number", planned.Number)
            .With("sequence", transaction.NextSequence)
            .With("cursor_at", planned.CursorAt)
            .With("cursor_serial", planned.CursorSerial)
            .With("to_at", to.At)
            .With("to_serial", to.Serial)
            .Query())
        {
            while (row.Read())
            {
                entries.Add(NewEntry(row.GetString(0), row.GetFieldValue<byte[]>(1), reason));
                _authorities.Add(row.GetString(2));
            }
        }

        transaction.AuditAll(entries);
        _done += entries.Count;
    }

    private AuditEntry NewEntry(string device, byte[] serial, RevocationReason reason) => new()
    {
        Sequence = 0,
        At = at,
        Actor = Actor,
        Action = Order.Holds ? AuditActions.CertificateHeld : AuditActions.CertificateRevoked,
        HolderKind = HolderKind.Device,
        Holder = device,
        SerialNumber = Convert.ToHexString(serial),
        Detail = Order.Holds ? null : Words.Of(reason),
        Hash = AuditChain.Genesis,
    };

    // False when its row is damaged. It is read before anything is written.
    private bool TryChange(SerialNumber serial)
    {
        var one = new RevokeOperation(transaction, serial, Actor, at);
        try
        {
            Change(one);
        }
        catch (Exception e) when (DamagedRows.AreToldBy(e) && one.Changes.Count == 0)
        {
            DamagedRows.Meet("certificates", serial.ToString(), e.Message);
            return false;
        }

        foreach (var changed in one.Changes)
        {
            _authorities.Add(changed.Authority);
            _changed.Add(changed.Text);
            _done++;
            if (Order.Kind != RevocationJobKind.Release) Mark(changed);
        }

        return true;
    }

    private void Change(RevokeOperation one)
    {
        if (Order.Kind == RevocationJobKind.Release)
        {
            if (!one.ReleaseOfJob(part.HeldBy!.Value)) _failed++;
        }
        else if (Order.Holds)
        {
            one.HoldAny();
        }
        else
        {
            one.Revoke(Order.Reason!.Value);
        }
    }

    private void Mark(CertificateKey changed) =>
        transaction.Sql("UPDATE certificates SET revocation_job = @number WHERE serial = @serial AND authority = @authority")
            .With("number", planned.Number)
            .With("serial", changed.Serial)
            .With("authority", changed.Authority)
            .Execute();

    private RevocationJob Save(RevocationJob job, bool isLast)
    {
        var after = job with { Done = job.Done + _done, Failed = job.Failed + _failed };
        if (isLast) after = after with { State = RevocationJobState.Finished, EndedAt = at };
        const string sql = """
            UPDATE revocation_jobs SET done = @done, failed = @failed, state = @state, phase = @phase, cursor_at = @cursor_at,
                cursor_serial = @cursor_serial, cursor_position = @position, ended_at = @ended_at, lease_owner = @worker, lease_until = @lease_until
            WHERE id = @id
            """;
        transaction.Sql(sql)
            .With("done", after.Done)
            .With("failed", after.Failed)
            .With("state", Words.Of(after.State))
            .With("phase", part.Next.IsSweeping ? "sweep" : "walk")
            .With("cursor_at", part.Next.CursorAt)
            .With("cursor_serial", part.Next.CursorSerial)
            .With("position", part.Next.Position)
            .With("ended_at", after.EndedAt?.ToUnixTimeMilliseconds())
            .With("worker", worker)
            .With("lease_until", at + Lease)
            .With("id", after.Id)
            .Execute();
        if (isLast)
        {
            transaction.Audit(
                AuditActions.RevocationJobFinished, "service", at, null, null, null, $"{after.Id} {after.Done} {after.Failed}");
        }

        return after;
    }
}
