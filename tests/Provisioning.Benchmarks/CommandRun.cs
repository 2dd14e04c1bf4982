using System.Diagnostics;
using System.Globalization;

namespace Provisioning.Benchmarks;

/// <summary>A run of the command as a process of its own, with the most memory that it and the server had.</summary>
internal sealed class CommandRun : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private readonly Process _process;
    private readonly Process _server;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private CommandRun(Process process, Process server)
    {
        (_process, _server) = (process, server);
        (_output, _error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>In MB of resident memory.</summary>
    internal double Peak { get; private set; }

    /// <summary>The same of the server.</summary>
    internal double ServerPeak { get; private set; }

    internal TimeSpan Wall { get; private set; }

    internal static CommandRun Start(ServerProcess server, params string[] arguments)
    {
        string[] line = [Repository.Program("Provisioning.Cli", "provisioning"), .. arguments, "--data", server.DataDirectory, "--url", server.Https, "--json"];
        var start = new ProcessStartInfo("dotnet", line) { RedirectStandardOutput = true, RedirectStandardError = true };
        return new CommandRun(CutShort.Start(start), server.Process);
    }

    /// <summary>Waits for its end, or kills it as soon as something is so.</summary>
    /// <param name="kill">Looked at all the time; null for never.</param>
    /// <returns>What it has printed, and its exit code.</returns>
    internal async Task<(string Output, string Error, int ExitCode)> EndAsync(Func<bool>? kill = null)
    {
        var ended = _process.WaitForExitAsync();
        while (await Task.WhenAny(ended, Task.Delay(Look)) != ended)
        {
            // The kernel keeps the highest ever, so that nothing between two looks is missed.
            Peak = Math.Max(Peak, PeakOf(_process));
            ServerPeak = Math.Max(ServerPeak, PeakOf(_server));
            if (kill?.Invoke() == true) _process.Kill();
        }

        Wall = Stopwatch.GetElapsedTime(_started);
        return (await _output, await _error, _process.ExitCode);
    }

    public void Dispose() => _process.Dispose();

    /// <summary>The most resident memory that a process has had, in MB; 0 when it is gone.</summary>
    internal static double PeakOf(Process process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process.Id}/status").FirstOrDefault(one => one.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
        }
        catch (Exception gone) when (gone is IOException or FormatException)
        {
            return 0;
        }
    }
}
