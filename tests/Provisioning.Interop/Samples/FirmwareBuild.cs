using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Provisioning.Interop.Samples;

/// <summary>The C sample, built once in its three variants, and a server that it talks to.</summary>
[CollectionDefinition(Collection)]
public sealed partial class FirmwareBuild : IAsyncLifetime, ICollectionFixture<FirmwareBuild>
{
    /// <summary>The tests that share it.</summary>
    internal const string Collection = "firmware";

    private const string Packages = "gcc, make and libmbedtls-dev (apt-get install -y gcc make libmbedtls-dev; tests/run.sh does)";
    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-firmware-").FullName;
    private ServerProcess? _server;

    /// <summary>The program as it ships.</summary>
    internal string Plain => Path.Combine(_folder, "firmware");

    /// <summary>The program with places where the power can be cut, and a clock that can be set.</summary>
    internal string Failpoints => Path.Combine(_folder, "failpoints", "firmware");

    /// <summary>The same under AddressSanitizer and UndefinedBehaviorSanitizer.</summary>
    internal string Sanitized => Path.Combine(_folder, "sanitize", "firmware");

    internal ServerProcess Server => _server ?? throw new InvalidOperationException("The server was not started.");

    public async ValueTask InitializeAsync()
    {
        await CheckPackagesAsync();
        await Task.WhenAll(MakeAsync("all", _folder), MakeAsync("failpoints", _folder), MakeAsync("sanitize", _folder));
        _server = await ServerProcess.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A variant of its own, with constants of its own.</summary>
    internal async Task<string> MakeVariantAsync(string name, params string[] constants)
    {
        var folder = Path.Combine(_folder, name);
        await MakeAsync("all", folder, constants);
        return Path.Combine(folder, "firmware");
    }

    /// <summary>A folder for one device's store.</summary>
    internal string NewStore() => Path.Combine(_folder, "store-" + Guid.NewGuid().ToString("N"));

    internal Task<Tool> EnrollAsync(string program, string device, string store, params (string Key, string Value)[] environment) =>
        EnrollAsync(program, device, store, [], environment);

    internal Task<Tool> EnrollAsync(string program, string device, string store, string option, params string[] more) =>
        EnrollAsync(program, device, store, [option, .. more], []);

    /// <summary>As the factory line does.</summary>
    internal Task<Tool> EnrollAsync(
        string program, string device, string store, string[] options, params (string Key, string Value)[] environment) =>
        RunAsync(
            program,
            [
                "enroll", "--url", Server.Https, "--ca", Server.Pki("root.pem"), "--cert", Server.Credential("factory-line.pem"),
                "--key", Server.Credential("factory-line.key"), "--device", device, "--store", store, .. options,
            ],
            environment);

    internal Task<Tool> EnrollWithTokenAsync(string program, string device, string store, string token, params string[] options) =>
        EnrollWithTokenAsync(program, device, store, token, options, []);

    /// <summary>As a device by itself does, by EST, with a token that is in a file.</summary>
    internal Task<Tool> EnrollWithTokenAsync(
        string program, string device, string store, string token, string[] options, params (string Key, string Value)[] environment) =>
        RunAsync(
            program,
            [
                "enroll", "--attended", "--est", "--url", Server.Https, "--ca", Server.Pki("root.pem"), "--token-file", token,
                "--device", device, "--store", store, .. options,
            ],
            environment);

    /// <summary>A token for a device, good once, in a group of its own that has the name of the device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="more">More members of the group's JSON, with the comma before them.</param>
    /// <param name="renewal">More members of its renewal rules, likewise.</param>
    /// <returns>The file that it is in.</returns>
    internal async Task<string> TokenAsync(string device, string more = "", string renewal = "")
    {
        await SaveGroupAsync(device, more, renewal);
        using var made = JsonDocument.Parse(await AdministratorAsync("POST", "tokens", $$"""{"group":"{{device}}","deviceId":"{{device}}"}"""));
        return await WriteAsync(Assert.Single(made.RootElement.GetProperty("items").EnumerateArray()).GetProperty("token").GetString() + "\n");
    }

    /// <summary>A group that takes tokens and lets its devices renew at any time, made or changed.</summary>
    internal Task SaveGroupAsync(string group, string more = "", string renewal = "") => AdministratorAsync(
        "PUT", $"groups/{group}", $$"""{"credentials":["token"],"renewal":{"early":"allowed"{{renewal}}}{{more}}}""");

    /// <summary>A file with this in it.</summary>
    internal async Task<string> WriteAsync(string content)
    {
        var file = NewStore() + ".token";
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        return file;
    }

    internal Task<Tool> RenewAsync(string program, string store, params (string Key, string Value)[] environment) =>
        RenewAsync(program, store, [], environment);

    internal Task<Tool> RenewAsync(string program, string store, string option, params string[] more) =>
        RenewAsync(program, store, [option, .. more], []);

    internal Task<Tool> RenewAsync(string program, string store, string[] options, params (string Key, string Value)[] environment) =>
        RunAsync(program, [.. Renewal(store), .. options], environment);

    /// <summary>The arguments of a renewal that somebody waits for.</summary>
    internal string[] Renewal(string store) => ["renew", "--attended", "--url", Server.Https, "--ca", Server.Pki("root.pem"), "--store", store];

    /// <summary>Starts the program, and ends it after the first line of what it has to say on standard error.</summary>
    /// <returns>The line; empty where it says nothing.</returns>
    internal static async Task<string> FirstLineAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return line ?? "";
    }

    internal static Task<Tool> RunAsync(string program, string[] arguments, params (string Key, string Value)[] environment) =>
        Tool.RunAsync(program, arguments, environment: environment.ToDictionary(pair => pair.Key, pair => pair.Value));

    /// <summary>Holds a run to its exit code.</summary>
    internal static void Check(int exitCode, Tool run) =>
        Assert.True(run.ExitCode == exitCode, $"expected {exitCode}, ended with {run.ExitCode}\n{run.Output}\n{run.Error}");

    /// <summary>The most heap that a run has needed, in bytes.</summary>
    internal static int HeapPeak(Tool run) => int.Parse(HeapPeakLine.Match(run.Output).Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>The device holds exactly one identity, it works, and it is the one current certificate of the registry.</summary>
    /// <returns>Its serial number.</returns>
    internal async Task<string> CurrentAsync(string device, string store)
    {
        Assert.Matches("identity\\.[01]$", Assert.Single(Directory.GetFiles(store)));
        var status = await RunAsync(Plain, ["status", "--store", store]);
        Check(0, status);
        Assert.Contains("state          confirmed", status.Output, StringComparison.Ordinal);
        var serialNumber = CertificateLine.Match(status.Output).Groups[1].Value;
        var live = (await CertificatesOfAsync(device)).Where(row => row.State is "current" or "issued");
        Assert.Equal([(serialNumber, "current")], live);
        return serialNumber;
    }

    /// <summary>The registry's view of a device: serial number and state of each certificate, newest first.</summary>
    internal async Task<(string SerialNumber, string State)[]> CertificatesOfAsync(string device)
    {
        using var page = JsonDocument.Parse(await AdministratorAsync("GET", $"devices/{device}/certificates"));
        return [.. page.RootElement.GetProperty("items").EnumerateArray().Select(
            item => (item.GetProperty("serialNumber").GetString()!, item.GetProperty("state").GetString()!))];
    }

    internal Task RevokeAsync(string serialNumber, string reason) =>
        AdministratorAsync("POST", $"certificates/{serialNumber}/revocation", $$"""{"reason":"{{reason}}"}""");

    internal Task ReleaseAsync(string serialNumber) => AdministratorAsync("DELETE", $"certificates/{serialNumber}/revocation");

    internal Task<string> AdministratorAsync(string method, string path, string? body = null)
    {
        // What is there is changed whatever its version.
        string[] content = body is null ? [] : ["--header", "Content-Type: application/json", "--header", "If-Match: *", "--data-binary", body];
        return Tool.CheckAsync(
            "curl",
            [
                "--silent", "--show-error", "--fail-with-body", "--request", method, "--cacert", Server.Pki("root.pem"),
                "--cert", Server.Credential("admin.pem"), "--key", Server.Credential("admin.key"), .. content,
                $"{Server.Https}/api/v1/{path}",
            ]);
    }

    [GeneratedRegex(@"^heap peak: (\d+) bytes$", RegexOptions.Multiline)]
    private static partial Regex HeapPeakLine { get; }

    [GeneratedRegex(@"^certificate +([0-9A-F]+)$", RegexOptions.Multiline)]
    private static partial Regex CertificateLine { get; }

    private static async Task MakeAsync(string target, string folder, params string[] variables)
    {
        var make = await Tool.RunAsync(
            "make", ["--no-print-directory", "-C", Repository.At("samples", "firmware-c"), $"BUILD={folder}", .. variables, target]);
        Assert.True(make.ExitCode == 0, $"make {target}\n{make.Output}\n{make.Error}");
    }

    private static async Task CheckPackagesAsync()
    {
        var found = await Tool.RunAsync(
            "sh", ["-c", "command -v make && echo '#include <mbedtls/ssl.h>' | cc -E - >/dev/null && cc -lmbedtls -shared -o /dev/null"]);
        Assert.True(found.ExitCode == 0, $"samples/firmware-c needs {Packages}.\n{found.Error}");
    }
}
