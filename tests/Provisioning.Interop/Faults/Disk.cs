namespace Provisioning.Interop.Faults;

/// <summary>
/// The part of a disk below one folder, as recorded system calls have changed it. After a power cut there is what was flushed, and of
/// the rest any part: of the data each write or each sector of 512 octets, of the names of a folder the changes up to some point. As
/// POSIX has it, a name is durable when its folder was flushed, and not when the file was.
/// </summary>
internal sealed class Disk(string root)
{
    private readonly Dictionary<string, DiskFile?> _names = [];
    private readonly Dictionary<string, DiskFile?> _durable = [];
    private readonly List<(long At, string Folder, Action<Dictionary<string, DiskFile?>> Change)> _unsure = [];
    private readonly PriorityQueue<Action, long> _ends = new();

    /// <summary>Counterexample: pretends that nobody has ever flushed a file whose name ends so.</summary>
    internal string? NeverFlushed { get; init; }

    /// <summary>Does what has ended by then, and the call.</summary>
    internal void Apply(SystemCall call)
    {
        AdvanceTo(call.Begin);
        switch (call)
        {
            case { Name: "pwrite64", Result: > 0 } when Find(call.File) is { } file:
                file.Add(call.Begin, call.Number(3), call.Octets(1)[..(int)call.Result]);
                break;
            case { Name: "ftruncate", Result: 0 } when Find(call.File) is { } file:
                file.SetLength(call.Begin, call.Number(1));
                break;
            case { Name: "fsync" or "fdatasync" } when IsInside(call.File) && NeverFlushed is { } never && call.File.EndsWith(never, StringComparison.Ordinal):
                break;
            case { Name: "fsync" or "fdatasync", Result: 0 } when IsInside(call.File):
                _ends.Enqueue(() => Flushed(call.File, call.Begin), call.End);
                break;
            case { Name: "fsync" or "fdatasync" } when Find(call.File) is { } file:
                file.FlushFailed(call.Begin);
                break;
            default:
                if (call.Result >= 0) ChangeNames(call);
                break;
        }
    }

    /// <summary>Lets flushes end.</summary>
    internal void AdvanceTo(long time)
    {
        while (_ends.TryPeek(out var end, out var at) && at <= time)
        {
            _ends.Dequeue();
            end();
        }
    }

    /// <summary>Writes one of the many states that the disk may be in after a cut here.</summary>
    internal void WriteImage(string target, Random random, double kept, bool torn)
    {
        var names = new Dictionary<string, DiskFile?>(_durable);
        foreach (var folder in _unsure.GroupBy(change => change.Folder))
        {
            foreach (var (_, _, change) in folder.TakeWhile(_ => random.NextDouble() < kept)) change(names);
        }

        Directory.CreateDirectory(target);
        foreach (var (path, file) in names.OrderBy(name => name.Key, StringComparer.Ordinal))
        {
            var there = target + path[root.Length..];
            // A name in a folder that is gone is gone.
            if (!Directory.Exists(Path.GetDirectoryName(there))) continue;
            if (file is null) Directory.CreateDirectory(there);
            else if (!IsMemory(path)) File.WriteAllBytes(there, file.Image(random, kept, torn));
        }
    }

    private void ChangeNames(SystemCall call)
    {
        switch (call.Name)
        {
            case "openat" when call.Arguments[2].Contains("O_CREAT", StringComparison.Ordinal) && IsInside(call.Path(1)) && !_names.ContainsKey(call.Path(1)):
                var created = new DiskFile();
                Change(call.Begin, call.Path(1), names => names[call.Path(1)] = created);
                break;
            case "mkdir" when IsInside(call.Path(0)):
                Change(call.Begin, call.Path(0), names => names[call.Path(0)] = null);
                break;
            case "unlink" when IsInside(call.Path(0)):
                Change(call.Begin, call.Path(0), names => names.Remove(call.Path(0)));
                break;
            case "rename" when IsInside(call.Path(0)):
                var moved = _names[call.Path(0)];
                Change(call.Begin, call.Path(1), names =>
                {
                    names.Remove(call.Path(0));
                    names[call.Path(1)] = moved;
                });
                break;
            case "openat" or "open" or "write" or "writev" or "mkdir" or "unlink" or "rename":
                // Read, or of another folder. Nothing here writes to a file but with pwrite64.
                if (call.Name.StartsWith("write", StringComparison.Ordinal) && IsInside(call.File)) goto default;
                if (call.Name == "openat" && call.Arguments[2].Contains("O_TRUNC", StringComparison.Ordinal) && IsInside(call.Path(1))) goto default;
                break;
            default:
                if (call.Arguments.Any(argument => argument.Contains(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(root)), StringComparison.OrdinalIgnoreCase)) || IsInside(call.File))
                    throw new NotSupportedException($"{call.Name} is not modeled.");
                break;
        }
    }

    private void Change(long at, string path, Action<Dictionary<string, DiskFile?>> change)
    {
        change(_names);
        _unsure.Add((at, Path.GetDirectoryName(path)!, change));
    }

    private void Flushed(string path, long began)
    {
        if (Find(path) is { } file)
        {
            file.Flushed(began);
            return;
        }

        foreach (var change in _unsure.Where(change => change.Folder == path && change.At < began).ToList())
        {
            change.Change(_durable);
            _unsure.Remove(change);
        }
    }

    private DiskFile? Find(string path) => _names.GetValueOrDefault(path);

    private bool IsInside(string path) => path == root || path.StartsWith(root + "/", StringComparison.Ordinal);

    // SQLite's index of its log is rebuilt by whoever comes first after a crash.
    private static bool IsMemory(string path) => path.EndsWith("-shm", StringComparison.Ordinal);
}
