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
    internal static void Write(string path, string content, UnixFileMode mode)
    {
        var temporary = WriteTemporary(path, content, mode);
        Move(temporary, path);
    }

    /// <summary>Writes a file that must not be there yet.</summary>
    /// <returns>False when it is: of two that run at once, one wins and the other uses what the winner wrote.</returns>
    internal static bool TryCreate(string path, string content, UnixFileMode mode)
    {
        var temporary = WriteTemporary(path, content, mode);
        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Somebody was faster.
            File.Delete(temporary);
            return false;
        }

        SyncDirectory(path);
        return true;
    }

    /// <summary>Renames a file over another, durably.</summary>
    internal static void Move(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        SyncDirectory(to);
    }

    private static string WriteTemporary(string path, string content, UnixFileMode mode)
    {
        var temporary = $"{path}.{Path.GetRandomFileName()}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        using var stream = new FileStream(temporary, options);
        stream.Write(Encoding.ASCII.GetBytes(content));
        stream.Flush(flushToDisk: true);
        return temporary;
    }

    // The framework opens no directories, and without this a rename may be lost with the power.
    private static void SyncDirectory(string path)
    {
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
