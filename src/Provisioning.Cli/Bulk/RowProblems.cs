using System.Text;
using Provisioning.Cli.Api;
using Provisioning.Cli.Files;

namespace Provisioning.Cli.Bulk;

/// <summary>A row that was not taken.</summary>
/// <param name="Line">The line of the file, from 1.</param>
/// <param name="DeviceId">The device ID in it; null when there is none to tell.</param>
/// <param name="Code">The stable code: one of the service's.</param>
/// <param name="Detail">The same for people.</param>
internal sealed record RowProblem(long Line, string? DeviceId, string Code, string Detail);

/// <summary>
/// The rows that were not taken: all of them go into a file if one was named (NDJSON), and the first ones are kept to be shown.
/// </summary>
internal sealed class RowProblems : IDisposable
{
    /// <summary>How many are shown.</summary>
    internal const int Shown = 100;

    private static readonly byte[] End = "\n"u8.ToArray();
    private readonly List<RowProblem> _first = [];
    private readonly PendingFile? _file;

    /// <param name="path">The file, which is replaced when all is done; or null.</param>
    internal RowProblems(string? path) => _file = path is null ? null : new PendingFile(path, AtomicFile.Readable);

    /// <summary>How many there are.</summary>
    internal long Count { get; private set; }

    /// <summary>The first of them.</summary>
    internal IReadOnlyList<RowProblem> First => _first;

    /// <summary>Takes down one more.</summary>
    internal void Add(RowProblem problem)
    {
        Count++;
        if (_first.Count < Shown) _first.Add(problem);
        if (_file is null) return;
        _file.Stream.Write(Encoding.UTF8.GetBytes(ApiJson.Write(problem)));
        _file.Stream.Write(End);
    }

    /// <summary>Forgets all of them, to start again.</summary>
    internal void Clear()
    {
        _first.Clear();
        Count = 0;
        _file?.Stream.SetLength(0);
    }

    /// <summary>All is told: the file is put in place.</summary>
    internal void Commit() => _file?.Commit();

    /// <summary>Shows the first ones to a person.</summary>
    internal void Write(TextWriter output)
    {
        foreach (var one in _first)
            output.WriteLine(Output.Table.Clean($"line {one.Line}: {one.Code}: {one.Detail} {one.DeviceId}".TrimEnd()));
        if (Count > _first.Count) output.WriteLine($"… and {Count - _first.Count} more; --problems FILE takes all of them.");
    }

    public void Dispose() => _file?.Dispose();
}
