using System.Buffers.Binary;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Devices.Import;

/// <summary>
/// Imports devices of any number, a few hundred in each transaction. A killed import is sent again under the same name: what was
/// done is skipped, after it was seen to be the same.
/// </summary>
/// <param name="store">The registry.</param>
/// <param name="rules">Judge the rows.</param>
/// <param name="clock">Dates them.</param>
public sealed class DeviceImport(IImportStore store, RegistrationRules rules, ClockGuard clock)
{
    /// <summary>Rows of one transaction. Never changes: a resumed import must cut its file in the same places.</summary>
    public const int ChunkSize = 500;

    /// <summary>Imports rows until there are no more.</summary>
    /// <param name="id">The name of the import: a <see cref="ResourceName"/>.</param>
    /// <param name="head">What the meaning of all rows depends on: the form of the file, and the names of its columns.</param>
    /// <param name="rows">The rows, each with the bytes that it was read from.</param>
    /// <param name="caller">Tells before each transaction who imports.</param>
    /// <param name="progress">Told after each transaction.</param>
    /// <param name="ct">Stops between two transactions.</param>
    /// <returns>The progress at the end; or why it stopped.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; the import can be resumed.</exception>
    public async Task<Outcome<ImportProgress>> RunAsync(
        string id,
        ReadOnlyMemory<byte> head,
        IAsyncEnumerable<(RegistrationRow Row, ReadOnlyMemory<byte> Bytes)> rows,
        CallerNow caller,
        Func<ImportProgress, ValueTask> progress,
        CancellationToken ct)
    {
        if (!ResourceName.IsValid(id)) return new Refusal(RefusalCode.BadName, ResourceName.Rule);
        var known = await store.FindImportAsync(id, ct);
        var (content, done) = (Digest.Of(head.Span), 0L);
        var chunk = new List<RegistrationRow>(ChunkSize);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var reader = rows.GetAsyncEnumerator(ct);
        for (var isLast = false; !isLast;)
        {
            isLast = !await reader.MoveNextAsync();
            if (!isLast)
            {
                chunk.Add(reader.Current.Row);
                Append(hash, reader.Current.Row.Line, reader.Current.Bytes.Span);
                if (chunk.Count < ChunkSize) continue;
            }

            if (chunk.Count > 0) content = Next(content, hash);
            var step = await DoAsync(new Step(id, done, chunk, content, isLast), known, caller, ct);
            if (!step.TryGet(out var now, out var refusal)) return refusal;
            done += chunk.Count;
            chunk.Clear();
            if (now != known) await progress(now);
            known = now;
        }

        return known!;
    }

    // Skips the rows when they are done. What is on record may be further than it was when this import began: of a sender that was
    // killed, the connection may still have rows on their way.
    private async Task<Outcome<ImportProgress>> DoAsync(Step step, ImportProgress? known, CallerNow caller, CancellationToken ct)
    {
        while (true)
        {
            if (known is not null)
            {
                if (IsOther(known, step)) return OtherFile();
                if (IsDone(known, step)) return known;
            }

            if (!(await caller(ct)).TryGet(out var importer, out var refusal)) return refusal;
            var imported = await store.ImportAsync(ToChunk(step, importer), ct);
            if (imported.TryGet(out var now, out refusal)) return now;
            var other = refusal.Code == RefusalCode.ImportMismatch ? await store.FindImportAsync(step.Id, ct) : null;
            if (other is null || other == known) return refusal;
            known = other;
        }
    }

    // What is done must come again, octet for octet and to its end; and of what is finished there is no more.
    private static bool IsOther(ImportProgress known, Step step) =>
        step.End == known.Rows ? step.Content != known.Content
        : step.End < known.Rows ? step.IsLast
        : known.FinishedAt is not null;

    // The empty chunk at the end of a file is done when the import is finished.
    private static bool IsDone(ImportProgress known, Step step) =>
        step.End <= known.Rows && (!step.IsLast || known.FinishedAt is not null);

    private static Refusal OtherFile() => new(
        RefusalCode.ImportMismatch,
        "An import of this name has begun with another file. Send the same file again, or give the new one a name of its own.");

    // With the line, so that it matters where rows are, and which of them some octets belong to.
    private static void Append(IncrementalHash hash, long line, ReadOnlySpan<byte> row)
    {
        Span<byte> place = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(place, line);
        BinaryPrimitives.WriteInt64BigEndian(place[sizeof(long)..], row.Length);
        hash.AppendData(place);
        hash.AppendData(row);
    }

    private static Digest Next(Digest before, IncrementalHash hash)
    {
        var rows = hash.GetHashAndReset();
        hash.AppendData(before.ToOctets());
        hash.AppendData(rows);
        return Digest.FromOctets(hash.GetHashAndReset());
    }

    private ImportChunk ToChunk(Step step, Caller caller)
    {
        var (good, bad) = (new List<(long, DeviceRegistration)>(step.Rows.Count), new List<RowProblem>());
        foreach (var row in step.Rows)
        {
            if (rules.Check(row).TryGet(out var device, out var refusal)) good.Add((row.Line, device));
            else bad.Add(new RowProblem(row.Line, IsShowable(row.DeviceId) ? row.DeviceId : null, refusal.Code, refusal.Detail));
        }

        return new ImportChunk
        {
            Id = step.Id,
            From = step.From,
            Rows = step.Rows.Count,
            Good = good,
            Bad = bad,
            Content = step.Content,
            Actor = caller.Actor,
            At = clock.LastBelieved(),
            IsLast = step.IsLast,
        };
    }

    private static bool IsShowable(string? text) => text is { Length: > 0 and <= 64 } && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>Rows to be done in one transaction.</summary>
    /// <param name="Id">The import.</param>
    /// <param name="From">How many are before them.</param>
    /// <param name="Rows">The rows.</param>
    /// <param name="Content">The hash of the file up to their end.</param>
    /// <param name="IsLast">True when nothing follows.</param>
    private readonly record struct Step(string Id, long From, List<RegistrationRow> Rows, Digest Content, bool IsLast)
    {
        public long End => From + Rows.Count;
    }
}
