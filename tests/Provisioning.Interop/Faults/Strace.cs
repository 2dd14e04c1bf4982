namespace Provisioning.Interop.Faults;

/// <summary>
/// Runs a program under strace, which writes down its system calls or makes some of them fail. strace is the program's grandchild,
/// not its parent: the process that was started is the program itself, with its own exit code and signals.
/// </summary>
internal sealed class Strace : IDisposable
{
    private const string Writing =
        "openat,open,creat,pwrite64,write,pwritev,pwritev2,writev,ftruncate,truncate,fallocate,rename,renameat,renameat2,link,linkat,"
        + "unlink,unlinkat,rmdir,mkdir,mkdirat,fsync,fdatasync,copy_file_range,sendfile";

    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-strace-").FullName;

    private Strace(params string[] options) => Command =
        ["strace", "-D", "-ff", "--seccomp-bpf", "-ttt", "-T", "-y", "-xx", "-s", "10000000", "-o", Path.Combine(_folder, "calls"), .. options];

    /// <summary>What comes before the program.</summary>
    internal IReadOnlyList<string> Command { get; }

    /// <summary>Writes down every call that changes a file, with the data, and every call that makes a file durable.</summary>
    internal static Strace OfFiles() => new("-e", "trace=" + Writing);

    /// <summary>And every call that sends to a socket.</summary>
    internal static Strace OfFilesAndSockets() => new("-e", $"trace={Writing},sendto,sendmsg");

    /// <summary>Makes every flush of one thread fail, from its <paramref name="first"/> on.</summary>
    internal static Strace FailingFlush(int first) => new(
        "-e", $"trace={Writing}", "-e", $"inject=fsync,fdatasync:error=EIO:when={first}+");

    /// <summary>What was written down, in order. The program has ended.</summary>
    internal async Task<List<SystemCall>> ReadAsync()
    {
        await UntilCompleteAsync();
        var calls = Directory.EnumerateFiles(_folder).SelectMany(file => File.ReadLines(file).Select(SystemCall.TryParse)).OfType<SystemCall>();
        return [.. calls.OrderBy(call => call.Begin)];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // strace learns of the end a little later than everybody else.
    private async Task UntilCompleteAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!Directory.EnumerateFiles(_folder).All(file => File.ReadLines(file).LastOrDefault()?.Contains(" +++ ", StringComparison.Ordinal) == true))
            await timer.WaitForNextTickAsync(limit.Token);
    }
}
