using System.Runtime.InteropServices;
using System.Text;

namespace Provisioning.Cli.Files;

/// <summary>Files that are either the old or the new one, whenever the power fails.</summary>
internal static class AtomicFile
{
    /// <summary>The mode of a file that holds a private key.</summary>
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The mode of a file that anybody on the machine may read.</summary>
    internal const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a whole file, over an old one if there is any.</summary>
    internal static void Write(string path, string content, UnixFileMode mode) =>
        Write(path, Encoding.ASCII.GetBytes(content), mode);

    /// <summary>Writes a whole file, over an old one if there is any.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        using var file = new PendingFile(path, mode);
        file.Stream.Write(content);
        file.Commit();
    }

    /// <summary>Writes many files of one folder; when this returns, all of them are on the disk.</summary>
    internal static void WriteAll(IReadOnlyList<(string Path, string Content)> files, UnixFileMode mode)
    {
        var pending = new List<PendingFile>(files.Count);
        try
        {
            // All are written before the first is flushed: the disk then has more to do at once, and the folder is flushed once.
            foreach (var (path, content) in files)
            {
                pending.Add(new PendingFile(path, mode));
                pending[^1].Stream.Write(Encoding.ASCII.GetBytes(content));
            }

            foreach (var file in pending) file.MoveInPlace();
            if (files.Count > 0) SyncDirectory(files[0].Path);
        }
        finally
        {
            foreach (var file in pending) file.Dispose();
        }
    }

    /// <summary>Writes a file that must not be there yet.</summary>
    /// <returns>False when it is: then what is there is to be used.</returns>
    /// <exception cref="IOException">Another run is making it.</exception>
    internal static bool TryCreate(string path, string content, UnixFileMode mode)
    {
        using var file = new PendingFile(path, mode);

        // Nobody else makes it meanwhile: one run at a time has the file beside it.
        if (File.Exists(path)) return false;
        file.Stream.Write(Encoding.ASCII.GetBytes(content));
        file.Commit();
        return true;
    }

    /// <summary>Renames a file over another, durably.</summary>
    internal static void Move(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        SyncDirectory(to);
    }

    /// <summary>Makes the names in the folder of a file last: without this a new one, or a rename, may be lost with the power.</summary>
    internal static void SyncDirectory(string path)
    {
        // The framework opens no directories.
        if (OperatingSystem.IsWindows()) return;
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var descriptor = NativeMethods.Open(directory, 0);
        if (descriptor < 0) throw new IOException($"Cannot open '{directory}' to flush it.");
        try
        {
            if (NativeMethods.Fsync(descriptor) != 0) throw new IOException($"Cannot flush '{directory}'.");
        }
        finally
        {
            _ = NativeMethods.Close(descriptor);
        }
    }

    private static class NativeMethods
    {
        [DllImport(
            "libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Open(string path, int flags);

        [DllImport("libc", EntryPoint = "fsync")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Fsync(int descriptor);

        [DllImport("libc", EntryPoint = "close")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Close(int descriptor);
    }
}
