using Provisioning.Core.Audit;
using Provisioning.Core.Devices;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Devices;

/// <summary>The transaction of a chunk, as <see cref="IImportStore.ImportAsync"/> specifies it.</summary>
internal sealed class ImportOperation(Transaction transaction, ImportChunk chunk)
{
    private const string DeviceById = $"SELECT {DeviceRow.Columns} FROM devices d WHERE d.device_id = @id";

    private readonly List<RowProblem> _problems = [.. chunk.Bad];

    public Outcome<ImportProgress> Run()
    {
        var before = ImportStore.Find(transaction, chunk.Id);
        if ((before?.Rows ?? 0) != chunk.From || before?.FinishedAt is not null)
            return new Refusal(RefusalCode.ImportMismatch, "Somebody else works on an import of this name. Ask where it is, and send it again.");
        var registered = chunk.Good.Count(row => Register(row.Line, row.Device));
        var progress = new ImportProgress
        {
            Id = chunk.Id,
            Rows = chunk.From + chunk.Rows,
            Registered = (before?.Registered ?? 0) + registered,
            Unchanged = (before?.Unchanged ?? 0) + chunk.Rows - _problems.Count - registered,
            Bad = (before?.Bad ?? 0) + _problems.Count,
            Content = chunk.Content,
            StartedAt = before?.StartedAt ?? chunk.At,
            FinishedAt = chunk.IsLast ? chunk.At : null,
        };
        var room = IImportStore.MaxProblems - (before?.Bad ?? 0);
        foreach (var problem in _problems.OrderBy(problem => problem.Line).Take((int)Math.Max(0, room))) Insert(problem);
        Save(progress);
        if (registered > 0)
            transaction.Audit(AuditActions.DevicesImported, chunk.Actor, chunk.At, null, null, null, $"{chunk.Id} {progress.Rows} {registered}");
        return progress;
    }

    /// <summary>Registers a device that is not known; notes one that is known otherwise.</summary>
    /// <returns>True when it was new.</returns>
    private bool Register(long line, DeviceRegistration device)
    {
        Device? known;
        using (var row = transaction.Sql(DeviceById).With("id", device.Id.Value).Query()) known = row.Read() ? DeviceRow.Read(row) : null;
        if (known is not null)
        {
            if (!IsSame(known, device))
                _problems.Add(new RowProblem(line, device.Id.Value, RefusalCode.AlreadyExists, "The device is in the registry already, with other data."));
            return false;
        }

        if (device.ClaimBatch is { } batch && !IsBatchOf(batch, device.Group))
        {
            _problems.Add(new RowProblem(line, device.Id.Value, RefusalCode.NotExpected, "There is no such claim batch in the device's group."));
            return false;
        }

        DeviceRow.Register(transaction, device, chunk.At);
        return true;
    }

    // The key is asked for only until the device is enrolled; a lot may have added to what a manifest said of the device.
    private static bool IsSame(Device known, DeviceRegistration device) =>
        known.Group == device.Group && known.ClaimBatch == device.ClaimBatch && known.ExpectedKey == device.ExpectedKey
        && device.Attributes.All(pair => known.Attributes.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private bool IsBatchOf(string batch, string group)
    {
        using var row = transaction.Sql("SELECT 1 FROM claim_batches WHERE name = @name AND group_name = @group AND revoked_at IS NULL")
            .With("name", batch)
            .With("group", group)
            .Query();
        return row.Read();
    }

    private void Insert(RowProblem problem)
    {
        const string sql = """
            INSERT INTO import_problems (import, line, device_id, code, detail) VALUES (@import, @line, @device_id, @code, @detail)
            """;
        transaction.Sql(sql)
            .With("import", chunk.Id)
            .With("line", problem.Line)
            .With("device_id", problem.DeviceId)
            .With("code", problem.Code.ToString())

            // It may quote a field's name, and PostgreSQL keeps every character but this one.
            .With("detail", problem.Detail.Replace('\0', '\uFFFD'))
            .Execute();
    }

    private void Save(ImportProgress progress)
    {
        const string sql = """
            INSERT INTO imports (id, rows, registered, unchanged, bad, content, actor, started_at, finished_at)
            VALUES (@id, @rows, @registered, @unchanged, @bad, @content, @actor, @started_at, @finished_at)
            ON CONFLICT (id) DO UPDATE SET rows = excluded.rows, registered = excluded.registered, unchanged = excluded.unchanged,
                bad = excluded.bad, content = excluded.content, finished_at = excluded.finished_at
            """;
        transaction.Sql(sql)
            .With("id", progress.Id)
            .With("rows", progress.Rows)
            .With("registered", progress.Registered)
            .With("unchanged", progress.Unchanged)
            .With("bad", progress.Bad)
            .With("content", progress.Content.ToOctets())
            .With("actor", chunk.Actor)
            .With("started_at", progress.StartedAt)
            .With("finished_at", progress.FinishedAt?.ToUnixTimeMilliseconds())
            .Execute();
    }
}
