using System.Runtime.InteropServices;

namespace Provisioning.Core.Authorities;

/// <summary>Files that are either the old or the new one, whenever the power fails.</summary>
public static class DurableFile
{
    /// <summary>The mode of a file that holds a secret.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The mode of a file that anybody on the machine may read.</summary>
    public const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a whole file: a temporary one beside it, flushed, renamed over it, and the folder flushed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="mode">Its mode, from the first byte on.</param>
    /// <exception cref="IOException">It could not be written; the old file, if any, is untouched.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        using (var stream = Create(temporary, mode))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        Publish(temporary, path);
    }

    /// <summary>Opens a new file that <see cref="Publish"/> will later put in place.</summary>
    /// <param name="path">The temporary path; must not exist.</param>
    /// <param name="mode">Its mode.</param>
    /// <returns>The stream; the caller owns it and flushes it to disk.</returns>
    public static FileStream Create(string path, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        return new FileStream(path, options);
    }

    /// <summary>Puts a flushed temporary file in the place of another, atomically, and makes the renaming durable.</summary>
    /// <param name="temporary">The new content, flushed.</param>
    /// <param name="path">The place.</param>
    public static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    // The framework opens no directories, and without this a rename may be lost with the power.
    private static void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsWindows()) return;
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
        [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
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
