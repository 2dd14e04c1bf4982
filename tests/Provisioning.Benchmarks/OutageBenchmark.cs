using System.Diagnostics;
using Provisioning.Core.Authorities;
using Provisioning.Interop.Renewals;
using Provisioning.Storage;

namespace Provisioning.Benchmarks;

/// <summary>
/// A fleet whose renewals all fell into an outage of a day, that of the power too, and whose devices are all switched on in one moment: each on a
/// connection of its own, with the patience of the firmware sample. Client and server share the machine; what is shown is that nothing breaks, and how long it takes.
/// </summary>
internal static class OutageBenchmark
{
    private const int Default = 100_000;
    private const int Rows = 24;

    internal static async Task RunAsync(int? count)
    {
        var number = count ?? Default;
        Report.Title($"outage: {number} devices come back within a minute");
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(folder.Path, new Dictionary<string, string>
        {
            ["Provisioning__Limits__Registrar__PerSecond"] = "1000000",
            ["Provisioning__Limits__Registrar__Burst"] = "1000000",
        });
        using var registrar = Client.Of(server, CredentialFiles.FactoryLine);
        var devices = await Device.EnrollAsync(registrar, number);
        Report.Line("enrolled", Report.Text($"{devices.Length}"));

        var (curve, turns) = (new OutageCurve(), new DeviceTurns());
        using var gate = new SemaphoreSlim(OutageDevice.Sockets);
        using var tls = new DeviceTls(server.Pki("root.pem"));
        OutageDevice[] fleet =
        [
            .. devices.AsParallel().Select((device, place) => new OutageDevice(server.HttpsPort, tls, device, place, gate, turns, curve)),
        ];
        var (served, asked) = (server.Process.TotalProcessorTime, Environment.CpuUsage.TotalTime);
        var started = Stopwatch.GetTimestamp();
        curve.Start();
        using var over = new CancellationTokenSource();
        var progress = curve.WatchAsync(number, server.Process, over.Token);
        await Task.WhenAll(fleet.Select(device => device.RunAsync()));
        await over.CancelAsync();
        await progress;
        var took = Stopwatch.GetElapsedTime(started);
        curve.Print(Rows);
        Report.Line("processor time", Report.Text(
            $"{(server.Process.TotalProcessorTime - served).TotalSeconds:F0} s of the server, {(Environment.CpuUsage.TotalTime - asked).TotalSeconds:F0} s of the devices"));
        Report.Line("all renewed after", Report.Text($"{took.TotalSeconds:F0} s, {number / took.TotalSeconds:F0} a second"));
        Report.Line("peak memory of the server", Report.Text($"{CommandRun.PeakOf(server.Process):F0} MB"));

        await server.StopAsync();
        var wrong = await CountWrongAsync(folder.Path, devices);
        Report.Verdict("devices without exactly one new one", wrong, 0, "devices");
    }

    // One certificate from the line, one renewed; nobody has more, whatever got lost on the way.
    private static async Task<int> CountWrongAsync(string directory, Device[] devices)
    {
        var owned = devices.ToDictionary(device => device.Unit.DeviceId, _ => 0);
        await using var database = await Database.OpenAsync(new DatabaseOptions { DataDirectory = directory }, default);
        await foreach (var stored in database.Audit.ReadCertificatesAsync(default))
            if (stored.Record.Thumbprint is not null && owned.TryGetValue(stored.Record.Holder, out var known)) owned[stored.Record.Holder] = known + 1;
        return owned.Values.Count(certificates => certificates != 2);
    }
}
