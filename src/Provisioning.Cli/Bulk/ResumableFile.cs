using System.Text;
using Provisioning.Cli.Files;

namespace Provisioning.Cli.Bulk;

/// <summary>
/// A file of results, one a line, that only grows, and belongs to one run at a time. What was appended is on the disk, and a line that a
/// kill or a power cut has left unfinished is cut off when the file is opened again: so every line is whole, and is there for good.
/// </summary>
internal sealed class ResumableFile : IDisposable
{
    private readonly string _path;
    private readonly byte[] _start;
    private readonly FileStream _stream;

    private ResumableFile(string path, string start, FileStream stream) => (_path, _start, _stream) = (path, Encoding.UTF8.GetBytes(start), stream);

    /// <summary>Opens a file, or makes it; nobody else can open it meanwhile.</summary>
    /// <param name="path">The file.</param>
    /// <param name="start">How every line starts: a file in which one starts otherwise is another's, and is left alone.</param>
    /// <param name="read">Told each line that is there.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="FailureException">It is not a file of results.</exception>
    /// <exception cref="IOException">Another run has it, or it cannot be opened.</exception>
    internal static async Task<ResumableFile> OpenAsync(string path, string start, Action<Line> read, CancellationToken ct)
    {
        var file = new ResumableFile(path, start, PendingFile.OpenAlone(path, AtomicFile.Readable));
        try
        {
            AtomicFile.SyncDirectory(path);
            await file.RecoverAsync(read, ct);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends lines; when this returns, they are on the disk.</summary>
    internal void Append(ReadOnlySpan<byte> lines)
    {
        _stream.Write(lines);
        _stream.Flush(flushToDisk: true);
    }

    /// <summary>Keeps some of the lines only. Whenever this is killed, the file is the old or the new one.</summary>
    internal static async Task FilterAsync(string path, Func<Line, bool> keep, CancellationToken ct)
    {
        using var filtered = new PendingFile(path, AtomicFile.Readable);
        await using (var old = PendingFile.OpenAlone(path, AtomicFile.Readable))
        {
            await foreach (var line in LineReader.ReadAsync(old, ct))
            {
                if (!line.IsWhole || !keep(line)) continue;
                await filtered.Stream.WriteAsync(line.Bytes, ct);
                filtered.Stream.WriteByte((byte)'\n');
            }

            filtered.Commit();
        }
    }

    public void Dispose() => _stream.Dispose();

    private async Task RecoverAsync(Action<Line> read, CancellationToken ct)
    {
        var torn = 0L;
        await foreach (var line in LineReader.ReadAsync(_stream, ct))
        {
            var common = Math.Min(_start.Length, line.Bytes.Length);
            if (line.IsTooLong || (line.IsWhole && common < _start.Length) || !line.Bytes.Span[..common].SequenceEqual(_start.AsSpan(0, common)))
                throw FailureException.Usage($"Line {line.Number} of '{_path}' is not a result of such a run. It was left as it is; name another file.");
            if (line.IsWhole) read(line);
            else torn = line.Bytes.Length;
        }

        if (torn > 0) CutOff(torn);
        _stream.Seek(0, SeekOrigin.End);
    }

    private void CutOff(long octets)
    {
        _stream.SetLength(_stream.Length - octets);
        _stream.Flush(flushToDisk: true);
    }
}
