using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Provisioning.Benchmarks;

/// <summary>The real server as its own process, built as this program is, on free ports and without limits for callers.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly string[] Callers = ["Registrar", "Administrator", "Device", "Anonymous"];

    private ServerProcess(string directory)
    {
        DataDirectory = directory;
        (HttpsPort, HttpPort) = (FreePort(), FreePort());
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Provisioning.Server.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["Provisioning__DataDirectory"] = directory,
                ["Provisioning__HttpsPort"] = HttpsPort.ToString(),
                ["Provisioning__HttpPort"] = HttpPort.ToString(),
            },
        };
        foreach (var caller in Callers)
        {
            start.Environment[$"Provisioning__Limits__{caller}__PerSecond"] = "1000000";
            start.Environment[$"Provisioning__Limits__{caller}__Burst"] = "1000000";
        }

        Process = Process.Start(start)!;
        Process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    internal string DataDirectory { get; }

    internal int HttpsPort { get; }

    internal int HttpPort { get; }

    internal Process Process { get; }

    internal string Pki(string file) => Path.Combine(DataDirectory, "pki", file);

    internal string Credential(string file) => Path.Combine(DataDirectory, "credentials", file);

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    internal static async Task<(ServerProcess Server, TimeSpan UntilReady)> StartAsync(string directory)
    {
        var started = Stopwatch.GetTimestamp();
        var server = new ServerProcess(directory);
        await server.UntilReadyAsync();
        return (server, Stopwatch.GetElapsedTime(started));
    }

    /// <summary>An orderly stop.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited) using (Process.Start("kill", ["-TERM", Process.Id.ToString()])) await Process.WaitForExitAsync();
        Process.Dispose();
    }

    internal static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task UntilReadyAsync()
    {
        using var client = new HttpClient();
        using var timeout = new CancellationTokenSource(StartTimeout);
        using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await interval.WaitForNextTickAsync(timeout.Token))
        {
            if (Process.HasExited) throw new InvalidOperationException($"The server ended with {Process.ExitCode}.");
            try
            {
                using var ready = await client.GetAsync($"http://localhost:{HttpPort}/health/ready", timeout.Token);
                if (ready.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }
}
