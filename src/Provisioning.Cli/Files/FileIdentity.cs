using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Provisioning.Cli.Files;

/// <summary>
/// Which file it is, whatever its name: a lock is on a file, and by the time that it is held the name may lead to another one. On Windows an
/// open file keeps its name, and there is nothing to compare.
/// </summary>
internal static class FileIdentity
{
    /// <summary>Whether a name leads to an open file still.</summary>
    /// <param name="path">The name.</param>
    /// <param name="file">The file.</param>
    /// <param name="mayBeLink">Whether a symbolic link to it will do.</param>
    internal static bool IsAt(string path, SafeFileHandle file, bool mayBeLink = false)
    {
        if (OperatingSystem.IsWindows()) return true;
        if (!mayBeLink && LinkTarget(path) is not null) return false;
        if (OperatingSystem.IsLinux()) return NumberOf(path, mayBeLink) is { } there && there == NumberOf(file);

        // The platform tells no inode. The moment at which a file was made is fine enough there to know one from the next.
        return File.Exists(path) && File.GetCreationTimeUtc(path) == File.GetCreationTimeUtc(file);
    }

    /// <summary>Where a symbolic link leads, whether anything is there or not; null when it is none.</summary>
    internal static string? LinkTarget(string path) => new FileInfo(path).LinkTarget;

    private static (ulong Inode, ulong Device)? NumberOf(string path, bool followLink) =>
        NativeMethods.StatX(NativeMethods.CurrentFolder, path, followLink ? 0 : NativeMethods.NoFollow, NativeMethods.Inode, out var status) == 0
            ? (status.Inode, status.Device)
            : null;

    private static (ulong Inode, ulong Device) NumberOf(SafeFileHandle file)
    {
        if (NativeMethods.StatX(file, "", NativeMethods.EmptyPath, NativeMethods.Inode, out var status) != 0)
            throw new IOException("An open file cannot be looked at.");
        return (status.Inode, status.Device);
    }

    /// <summary>struct statx of Linux, the same on every processor.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct Status
    {
        [FieldOffset(32)]
        internal readonly ulong Inode;

        /// <summary>Major and minor number.</summary>
        [FieldOffset(136)]
        internal readonly ulong Device;
    }

    private static class NativeMethods
    {
        internal const int CurrentFolder = -100;
        internal const int NoFollow = 0x100;
        internal const int EmptyPath = 0x1000;
        internal const uint Inode = 0x100;

        [DllImport("libc", EntryPoint = "statx", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int StatX(int folder, string path, int flags, uint mask, out Status status);

        [DllImport("libc", EntryPoint = "statx", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int StatX(SafeFileHandle file, string path, int flags, uint mask, out Status status);
    }
}
