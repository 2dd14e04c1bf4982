using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Provisioning.Interop;

/// <summary>
/// The real server as its own process, on free ports and in a folder of its own; for what needs to be killed, or judged or measured from
/// outside. Linked into the benchmarks, so it knows nothing of the test runner.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int LowestPort = 15_000;
    private const int HighestPort = 32_000;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly ConcurrentDictionary<int, bool> _given = [];
    private readonly bool _ownsDirectory;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private ServerProcess(string? directory, IReadOnlyDictionary<string, string>? environment)
    {
        _ownsDirectory = directory is null;
        DataDirectory = directory ?? Directory.CreateTempSubdirectory("provisioning-interop-").FullName;
        (HttpsPort, HttpPort) = (FreePort(), FreePort());
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["Provisioning__DataDirectory"] = DataDirectory,
            ["Provisioning__HttpsPort"] = HttpsPort.ToString(),
            ["Provisioning__HttpPort"] = HttpPort.ToString(),
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) settings[key] = value;
        Environment = settings;
    }

    /// <summary>Tells of every one that is started, before it is ready.</summary>
    internal static event Action<Process>? Started;

    /// <summary>The environment variables that it is started with.</summary>
    internal IReadOnlyDictionary<string, string> Environment { get; }

    internal string DataDirectory { get; }

    internal int HttpsPort { get; }

    internal int HttpPort { get; }

    internal string Https => $"https://localhost:{HttpsPort}";

    internal string Http => $"http://localhost:{HttpPort}";

    /// <summary>What it has printed so far.</summary>
    internal string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    /// <summary>The running process.</summary>
    internal Process Process => _process ?? throw new InvalidOperationException("The server is not running.");

    internal string Pki(string file) => Path.Combine(DataDirectory, "pki", file);

    internal string Credential(string file) => Path.Combine(DataDirectory, "credentials", file);

    /// <summary>Starts it.</summary>
    /// <param name="directory">Its data; its own, and deleted with it, when this is null.</param>
    /// <param name="environment">What it is configured with beside its ports.</param>
    /// <param name="under">A program, with its arguments, that runs it.</param>
    internal static async Task<ServerProcess> StartAsync(
        string? directory = null, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? under = null)
    {
        var server = new ServerProcess(directory, environment);
        try
        {
            await server.StartAgainAsync(under: under);
            return server;
        }
        catch
        {
            // Nobody else has it yet.
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, after it was killed or stopped; ready when this returns.</summary>
    internal async Task StartAgainAsync(
        IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? under = null, string probe = "/health/ready")
    {
        string[] command = [.. under ?? [], "dotnet", Repository.Program("Provisioning.Server", "Provisioning.Server")];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in Environment) start.Environment[key] = value;
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        Started?.Invoke(_process);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await UntilReadyAsync(probe);
    }

    /// <summary>kill -9.</summary>
    internal async Task KillAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and waits until it has ended.</summary>
    internal async Task StopAsync()
    {
        using (Process.Start("kill", ["-TERM", Process.Id.ToString()])) await Process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        if (_ownsDirectory) Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>
    /// A port that nobody listens on, and that is nobody's by chance: from below those that systems give to outgoing connections, of which
    /// other tests make many at any moment, and each one once.
    /// </summary>
    internal static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(LowestPort, HighestPort);
            if (!_given.TryAdd(port, true)) continue;
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there.
            }
        }
    }

    private async Task UntilReadyAsync(string probe)
    {
        using var client = new HttpClient();
        using var timeout = new CancellationTokenSource(StartTimeout);
        using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await interval.WaitForNextTickAsync(timeout.Token))
        {
            if (Process.HasExited) throw new InvalidOperationException($"The server ended with {Process.ExitCode}:\n{Output}");
            try
            {
                using var ready = await client.GetAsync(Http + probe, timeout.Token);
                if (ready.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }

    private void Append(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }
}
