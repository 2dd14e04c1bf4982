using System.Diagnostics;
using System.Text.Json;

namespace Provisioning.Interop;

/// <summary>The <c>provisioning</c> command as its own process, with a server and a folder for its files.</summary>
public sealed class CommandLine : IAsyncLifetime
{
    private static readonly Dictionary<string, string> NoEnvironment =
        new[] { "URL", "CA", "CERT", "KEY", "P12_PASSWORD" }.ToDictionary(name => "PROVISIONING_" + name, _ => "");

    private ServerProcess? _server;

    internal static string Program { get; } = Repository.Program("Provisioning.Cli", "provisioning");

    internal ServerProcess Server => _server!;

    internal string Folder { get; } = Directory.CreateTempSubdirectory("provisioning-cli-").FullName;

    public async ValueTask InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    internal string At(string file) => Path.Combine(Folder, file);

    /// <summary>Runs it as it stands.</summary>
    internal static Task<Tool> RunAsync(params IEnumerable<string> arguments) =>
        Tool.RunAsync("dotnet", [Program, .. arguments], environment: NoEnvironment);

    /// <summary>Runs it with the address of the server and its root.</summary>
    internal Task<Tool> TryAsync(params IEnumerable<string> arguments) =>
        RunAsync([.. arguments, "--url", Server.Https, "--ca", Server.Pki("root.pem")]);

    /// <summary>Runs it on the server's own machine, where the data directory is; it must succeed.</summary>
    internal async Task<JsonElement> DoAsync(params IEnumerable<string> arguments)
    {
        var run = await RunAsync([.. arguments, "--json", "--url", Server.Https, "--data", Server.DataDirectory]);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', arguments)}: {run.ExitCode}\n{run.Output}\n{run.Error}");
        return JsonDocument.Parse(run.Output).RootElement;
    }

    /// <summary>Enrolls a device; its files are in <see cref="Folder"/>.</summary>
    /// <returns>Its serial number.</returns>
    internal async Task<string> EnrollAsync(string deviceId) =>
        Serial(await DoAsync("enroll", deviceId, "--out", Folder));

    /// <summary>As the device itself.</summary>
    internal Task<Tool> AsDeviceAsync(string deviceId, params IEnumerable<string> arguments) =>
        TryAsync([.. arguments, "--cert", At(deviceId + ".pem"), "--key", At(deviceId + ".key")]);

    /// <summary>The state of each certificate of a device, by serial number.</summary>
    internal async Task<Dictionary<string, string>> StatesAsync(string deviceId) =>
        (await DoAsync("devices", "certificates", deviceId)).GetProperty("items").EnumerateArray()
            .ToDictionary(Serial, one => one.GetProperty("state").GetString()!);

    internal static string Serial(JsonElement report) => report.GetProperty("serialNumber").GetString()!;

    /// <summary>Starts it, and leaves the rest to the test.</summary>
    internal static Process Start(params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments]) { RedirectStandardError = true })!;
}
