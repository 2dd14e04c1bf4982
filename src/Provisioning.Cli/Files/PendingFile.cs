namespace Provisioning.Cli.Files;

/// <summary>
/// A file that grows beside its place, as <c>FILE.partial</c>, and takes its place only when it is whole. What is not committed is deleted;
/// what a kill has left is replaced by the next run. One run at a time writes a file.
/// </summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private bool _isInPlace;

    /// <param name="path">Its place.</param>
    /// <param name="mode">Who may read it.</param>
    /// <exception cref="IOException">Another run writes it, or it cannot be written.</exception>
    internal PendingFile(string path, UnixFileMode mode)
    {
        _path = path;
        _temporary = path + ".partial";
        Stream = Create(mode);
    }

    /// <summary>Where its content is written.</summary>
    internal FileStream Stream { get; }

    /// <summary>Opens a file that is made with a mode, if it has to be made.</summary>
    internal static FileStream Open(string path, FileMode how, UnixFileMode mode, FileShare share = FileShare.None)
    {
        var options = new FileStreamOptions { Mode = how, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows() && how != FileMode.Open) options.UnixCreateMode = mode;
        return new FileStream(path, options);
    }

    /// <summary>The content is complete: puts it in place, durably.</summary>
    internal void Commit()
    {
        MoveInPlace();
        AtomicFile.SyncDirectory(_path);
    }

    /// <summary>The same, but for the folder, which is to be flushed afterwards.</summary>
    internal void MoveInPlace()
    {
        Stream.Flush(flushToDisk: true);

        // Open still: as soon as it is closed, another run may take it for what a killed one has left.
        File.Move(_temporary, _path, overwrite: true);
        _isInPlace = true;
        Stream.Dispose();
    }

    public void Dispose()
    {
        if (!_isInPlace) File.Delete(_temporary);
        Stream.Dispose();
    }

    private FileStream Create(UnixFileMode mode)
    {
        try
        {
            return Take(FileMode.CreateNew, mode);
        }
        catch (IOException) when (File.Exists(_temporary))
        {
            try
            {
                // Whoever gets it open finds it left behind. It is not written to, but made again: with the right mode, and never
                // through a link that somebody has put there.
                using var left = Take(FileMode.Open, mode);
                File.Delete(_temporary);
                return Take(FileMode.CreateNew, mode);
            }
            catch (IOException taken) when (taken is FileNotFoundException || File.Exists(_temporary))
            {
                throw new IOException($"Another run is writing '{_path}'. Let it end, or name another file. ({taken.Message})", taken);
            }
        }
    }

    // Windows renames an open file only when that is shared; on Unix sharing anything would share all.
    private FileStream Take(FileMode how, UnixFileMode mode) =>
        Open(_temporary, how, mode, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
}
