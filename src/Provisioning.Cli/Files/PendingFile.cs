namespace Provisioning.Cli.Files;

/// <summary>
/// A file that grows beside its place, as <c>FILE.partial</c>, and takes its place only when it is whole. What is not committed is deleted;
/// what a kill has left is replaced by the next run. One run at a time writes a file.
/// </summary>
internal sealed class PendingFile : IDisposable
{
    private const int MostTries = 100;

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

    /// <summary>Opens a file for this run alone; it is made if it is not there.</summary>
    /// <exception cref="IOException">Another run has it, or it cannot be opened.</exception>
    internal static FileStream OpenAlone(string path, UnixFileMode mode)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var file = Open(path, FileMode.OpenOrCreate, mode, FileShare.None);
            if (FileIdentity.IsAt(path, file.SafeFileHandle, mayBeLink: true)) return file;

            // Whoever had it has put another one in its place.
            file.Dispose();
        }

        throw new IOException($"'{path}' leads to another file whenever it is opened.");
    }

    private static FileStream Open(string path, FileMode how, UnixFileMode mode, FileShare share)
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
        if (!IsThere) throw new IOException($"Somebody has taken '{_temporary}' away, so that '{_path}' stays as it was.");

        // Open still: as soon as it is closed, another run may take it for what a killed one has left.
        File.Move(_temporary, _path, overwrite: true);
        _isInPlace = true;
        Stream.Dispose();
    }

    public void Dispose()
    {
        if (!_isInPlace && IsThere) File.Delete(_temporary);
        Stream.Dispose();
    }

    private bool IsThere => FileIdentity.IsAt(_temporary, Stream.SafeFileHandle);

    // Whoever holds the lock of the file that the name leads to, and nobody else, takes the name away. The lock of another file, which the
    // name led to before, says nothing: then it is looked at again.
    private FileStream Create(UnixFileMode mode)
    {
        for (var tries = 0; ;)
        {
            RefuseForeign();
            try
            {
                if (TryTake(FileMode.CreateNew, mode) is { } made) return made;
                if (++tries >= MostTries) throw new IOException($"'{_temporary}' leads to another file whenever it is made.");
            }
            catch (IOException) when (File.Exists(_temporary))
            {
                RemoveLeft(mode);
            }
            catch (IOException) when (++tries < MostTries)
            {
                // It was there, and its run has just ended; or there is another reason, which is told in the end.
            }
        }
    }

    // It is not written to, but made again: with the right mode, and nobody has it open.
    private void RemoveLeft(UnixFileMode mode)
    {
        FileStream? left;
        try
        {
            left = TryTake(FileMode.Open, mode);
        }
        catch (FileNotFoundException)
        {
            return;
        }
        catch (IOException taken)
        {
            throw new IOException($"Another run is writing '{_path}'. Let it end, or name another file. ({taken.Message})", taken);
        }

        using (left)
        {
            if (left is null) return;
            if (!left.CanSeek) throw Foreign("is no regular file");
            File.Delete(_temporary);
        }
    }

    private void RefuseForeign()
    {
        if (FileIdentity.LinkTarget(_temporary) is { } target)
            throw Foreign($"is a symbolic link to '{target}'{(File.ResolveLinkTarget(_temporary, returnFinalTarget: true) is { Exists: true } ? "" : ", where nothing is")}");
        if (Directory.Exists(_temporary)) throw Foreign("is a folder");
    }

    private IOException Foreign(string what) =>
        new($"'{_temporary}', which has to be made for '{_path}', is there and {what}. It was left as it is: move it away, or name another file.");

    private FileStream? TryTake(FileMode how, UnixFileMode mode)
    {
        // Windows renames an open file only when that is shared; on Unix sharing anything would share all.
        var file = Open(_temporary, how, mode, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
        if (FileIdentity.IsAt(_temporary, file.SafeFileHandle)) return file;
        file.Dispose();
        return null;
    }
}
