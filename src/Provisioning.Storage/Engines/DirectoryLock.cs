namespace Provisioning.Storage.Engines;

/// <summary>
/// Holds a data directory for this process until it is disposed or the process ends, however it ends. SQLite's own
/// locks would let a second process in, and with it the lost write that <see cref="SqliteEngine"/> tells of.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <exception cref="DatabaseOpenException">Another process holds it.</exception>
    public static DirectoryLock Take(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "provisioning.lock");
        try
        {
            Directory.CreateDirectory(dataDirectory);
            return new DirectoryLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatabaseOpenException(
                $"Cannot take the lock {path}: {e.Message} One process at a time may use a data directory; "
                + "stop the other one first.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
