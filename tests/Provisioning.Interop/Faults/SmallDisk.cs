namespace Provisioning.Interop.Faults;

/// <summary>A file system in memory that is soon full. Needs root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string directory) => Directory = directory;

    /// <summary>Where it is mounted.</summary>
    internal string Directory { get; }

    private string Ballast => Path.Combine(Directory, "ballast");

    internal static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("provisioning-disk-").FullName;
        var run = await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder]);
        if (run.ExitCode == 0) return new SmallDisk(folder);
        System.IO.Directory.Delete(folder);
        if (Environment.GetEnvironmentVariable("PROVISIONING_REQUIRE_ALL") == "1") Assert.Fail(run.Error);
        Assert.Skip("A disk of its own can only be mounted by root: " + run.Error);
        throw new InvalidOperationException("Skipped.");
    }

    /// <summary>Leaves no octet free.</summary>
    internal void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true) file.Write(page);
        }
        catch (IOException)
        {
            // Full, as it should be.
        }
    }

    /// <summary>Makes room again.</summary>
    internal void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        using (var umount = System.Diagnostics.Process.Start("umount", [Directory])) umount.WaitForExit();
        System.IO.Directory.Delete(Directory);
    }
}
