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
    /// <param name="rows">The rows, each with the bytes that it was read from.</param>
    /// <param name="caller">Who imports.</param>
    /// <param name="progress">Told after each transaction.</param>
    /// <param name="ct">Stops between two transactions.</param>
    /// <returns>The progress at the end; or why it stopped.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; the import can be resumed.</exception>
    public async Task<Outcome<ImportProgress>> RunAsync(
        string id,
        IAsyncEnumerable<(RegistrationRow Row, ReadOnlyMemory<byte> Bytes)> rows,
        Caller caller,
        Func<ImportProgress, ValueTask> progress,
        CancellationToken ct)
    {
        if (!ResourceName.IsValid(id)) return new Refusal(RefusalCode.BadName, ResourceName.Rule);
        var known = await store.FindImportAsync(id, ct);
        var (content, done) = (Digest.FromOctets(new byte[SHA256.HashSizeInBytes]), 0L);
        var chunk = new List<RegistrationRow>(ChunkSize);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var reader = rows.GetAsyncEnumerator(ct);
        for (var isLast = false; !isLast;)
        {
            isLast = !await reader.MoveNextAsync();
            if (!isLast)
            {
                chunk.Add(reader.Current.Row);
                hash.AppendData(reader.Current.Bytes.Span);
                if (chunk.Count < ChunkSize) continue;
            }

            if (chunk.Count > 0) content = Next(content, hash);
            if (known is not null && IsDone(known, done, chunk.Count, isLast))
            {
                done += chunk.Count;
                chunk.Clear();
                if (done == known.Rows && content != known.Content) return OtherFile();
                if (isLast) return done == known.Rows ? known : OtherFile();
                continue;
            }

            if (known?.FinishedAt is not null) return OtherFile();
            var imported = await store.ImportAsync(ToChunk(id, done, chunk, content, caller, isLast), ct);
            if (!imported.TryGet(out var now, out var refusal)) return refusal;
            done += chunk.Count;
            chunk.Clear();
            await progress(now);
            known = now;
        }

        return known!;
    }

    // The empty chunk at the end of a file is done when the import is finished.
    private static bool IsDone(ImportProgress known, long done, int rows, bool isLast) =>
        done + rows <= known.Rows && (rows > 0 || isLast) && (!isLast || known.FinishedAt is not null);

    private static Refusal OtherFile() => new(
        RefusalCode.ImportMismatch,
        "An import of this name has begun with other rows. Send the same file again, or give the new one a name of its own.");

    private static Digest Next(Digest before, IncrementalHash hash)
    {
        var rows = hash.GetHashAndReset();
        hash.AppendData(before.ToOctets());
        hash.AppendData(rows);
        return Digest.FromOctets(hash.GetHashAndReset());
    }

    private ImportChunk ToChunk(string id, long from, List<RegistrationRow> rows, Digest content, Caller caller, bool isLast)
    {
        var (good, bad) = (new List<(long, DeviceRegistration)>(rows.Count), new List<RowProblem>());
        foreach (var row in rows)
        {
            if (rules.Check(row).TryGet(out var device, out var refusal)) good.Add((row.Line, device));
            else bad.Add(new RowProblem(row.Line, IsShowable(row.DeviceId) ? row.DeviceId : null, refusal.Code, refusal.Detail));
        }

        return new ImportChunk
        {
            Id = id,
            From = from,
            Rows = rows.Count,
            Good = good,
            Bad = bad,
            Content = content,
            Actor = caller.Actor,
            At = clock.LastBelieved(),
            IsLast = isLast,
        };
    }

    private static bool IsShowable(string? text) => text is { Length: > 0 and <= 64 } && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
