using System.Data.Common;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Devices;

/// <inheritdoc/>
internal sealed class ImportStore(Writer writer, Readers readers) : IImportStore
{
    private const string ById = """
        SELECT id, rows, registered, unchanged, bad, content, started_at, finished_at FROM imports WHERE id = @id
        """;

    public ValueTask<ImportProgress?> FindImportAsync(string id, CancellationToken ct) => readers.ReadAsync(
        static async (session, id, ct) =>
        {
            await using var row = await session.Sql(ById).With("id", id).QueryAsync(ct);
            return await row.ReadAsync(ct) ? Read(row) : null;
        },
        id,
        ct);

    public Task<Outcome<ImportProgress>> ImportAsync(ImportChunk chunk, CancellationToken ct) =>
        writer.RunAsync(transaction => new ImportOperation(transaction, chunk).Run(), ct);

    public async Task<IReadOnlyList<RowProblem>> ListProblemsAsync(string id, long afterLine, int limit, CancellationToken ct) =>
        await readers.ReadAsync(ReadProblemsAsync, (id, afterLine, limit), ct);

    internal static ImportProgress? Find(Transaction transaction, string id)
    {
        using var row = transaction.Sql(ById).With("id", id).Query();
        return row.Read() ? Read(row) : null;
    }

    private static ImportProgress Read(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        Rows = row.GetInt64(1),
        Registered = row.GetInt64(2),
        Unchanged = row.GetInt64(3),
        Bad = row.GetInt64(4),
        Content = Digest.FromOctets(row.GetFieldValue<byte[]>(5)),
        StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)),
        FinishedAt = row.IsDBNull(7) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
    };

    private static async ValueTask<IReadOnlyList<RowProblem>> ReadProblemsAsync(
        Session session, (string Id, long AfterLine, int Limit) of, CancellationToken ct)
    {
        const string sql = """
            SELECT line, device_id, code, detail FROM import_problems
            WHERE import = @import AND line > @after ORDER BY line LIMIT @limit
            """;
        var all = new List<RowProblem>();
        await using var row = await session.Sql(sql)
            .With("import", of.Id)
            .With("after", of.AfterLine)
            .With("limit", of.Limit)
            .QueryAsync(ct);
        while (await row.ReadAsync(ct))
        {
            all.Add(new RowProblem(
                row.GetInt64(0), row.GetValue(1) as string, Enum.Parse<RefusalCode>(row.GetString(2)), row.GetString(3)));
        }

        return all;
    }
}
