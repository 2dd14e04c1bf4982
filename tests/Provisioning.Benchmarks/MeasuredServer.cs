using System.Diagnostics;

namespace Provisioning.Benchmarks;

/// <summary>A server to be measured: built as this program is, and without limits for callers.</summary>
internal static class MeasuredServer
{
    private static readonly string[] Callers = ["Registrar", "Administrator", "Device", "Anonymous", "Status"];

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    internal static async Task<(ServerProcess Server, TimeSpan UntilReady)> StartAsync(string directory)
    {
        var settings = new Dictionary<string, string>();
        foreach (var caller in Callers)
        {
            settings[$"Provisioning__Limits__{caller}__PerSecond"] = "1000000";
            settings[$"Provisioning__Limits__{caller}__Burst"] = "1000000";
        }

        var started = Stopwatch.GetTimestamp();
        var server = await ServerProcess.StartAsync(directory, settings);
        return (server, Stopwatch.GetElapsedTime(started));
    }
}
