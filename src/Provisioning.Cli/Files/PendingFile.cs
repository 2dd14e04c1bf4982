namespace Provisioning.Cli.Files;

/// <summary>A file that grows under another name, and takes its place only when it is whole. What is not committed is deleted.</summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private bool _isInPlace;

    /// <param name="path">Its place.</param>
    /// <param name="mode">Who may read it.</param>
    internal PendingFile(string path, UnixFileMode mode)
    {
        _path = path;
        _temporary = $"{path}.{Path.GetRandomFileName()}";
        Stream = Open(_temporary, FileMode.CreateNew, mode);
    }

    /// <summary>Where its content is written.</summary>
    internal FileStream Stream { get; }

    /// <summary>Opens a file that is made with a mode, if it has to be made.</summary>
    internal static FileStream Open(string path, FileMode how, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = how, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        return new FileStream(path, options);
    }

    /// <summary>The content is complete: puts it in place, durably.</summary>
    internal void Commit()
    {
        MoveInPlace();
        AtomicFile.SyncDirectory(_path);
    }

    /// <summary>The same, but for the folder, which is to be flushed afterwards.</summary>
    internal void MoveInPlace(bool overwrite = true)
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_temporary, _path, overwrite);
        _isInPlace = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_isInPlace) File.Delete(_temporary);
    }
}
