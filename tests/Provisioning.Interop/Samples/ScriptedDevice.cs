using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.Samples;

/// <summary>A device with its folder, in which <c>device.sh</c> is run.</summary>
internal sealed class ScriptedDevice(DeviceHouse house, string id, string group) : IDisposable
{
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("scripted device ");

    /// <summary>An address where nobody listens.</summary>
    internal const string Nowhere = "https://localhost:1";

    /// <summary>What is in the folder of a device that has nothing else to do.</summary>
    internal static readonly string[] Settled = ["authorities.pem", "identity.pem", "lock", "root.pem"];

    internal string Id => id;

    internal string Token => Path.Combine(_place.FullName, "token");

    /// <summary>A file of its folder.</summary>
    internal string At(string file) => Path.Combine(_place.FullName, "identity", file);

    internal string Text(string file) => File.ReadAllText(At(file));

    internal X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(
        System.Text.Encoding.ASCII.GetBytes(Text("identity.pem")[Text("identity.pem").IndexOf("-----BEGIN CERTIFICATE", StringComparison.Ordinal)..]));

    internal Task<Tool> EnrollAsync(Shims? shims = null, string? server = null, string? root = null, params string[] more) =>
        RunAsync(shims, ["enroll", "-s", server ?? house.Server.Https, "-r", root ?? house.Server.Pki("root.pem"), "-n", Id, "-t", Token, .. more]);

    internal Task<Tool> RenewAsync(Shims? shims = null, string? server = null, params string[] more) =>
        RunAsync(shims, ["renew", "-s", server ?? house.Server.Https, .. more]);

    /// <summary>Before its time, because the group allows it.</summary>
    internal Task<Tool> RenewAtOnceAsync(Shims? shims = null, string? server = null) => RenewAsync(shims, server, "-f");

    /// <summary>What is in its folder.</summary>
    internal IEnumerable<string> Files => new DirectoryInfo(At("")).EnumerateFiles().Select(file => file.Name).Order(StringComparer.Ordinal);

    /// <summary>A file beside the folder, for what a test wants to keep; and both as a shell has them.</summary>
    internal string KeptFile => Path.Combine(_place.FullName, "kept");

    internal string Kept => $"'{KeptFile}'";

    internal string Quoted => $"'{At("")}'";

    /// <summary>The time passes before which the last run said not to come back.</summary>
    internal void Wait() => Rest(-1);

    /// <summary>The last run said not to come back for so many seconds from now.</summary>
    internal void Rest(int seconds)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var failures = File.Exists(At("state")) ? State.Failures : 0;
        File.WriteAllText(At("state"), string.Create(CultureInfo.InvariantCulture, $"{now - 5} {now + seconds} {failures}\n"));
    }

    /// <summary>What the last run has noted: how long to wait, and after how many failures in a row.</summary>
    internal (long Pause, int Failures) State
    {
        get
        {
            var parts = Text("state").Split(' ', '\n').Take(3).Select(part => long.Parse(part, CultureInfo.InvariantCulture)).ToArray();
            return (parts[1] - parts[0], (int)parts[2]);
        }
    }

    /// <summary>Checks how a run has ended, and what it said.</summary>
    internal static void Ended(int code, string said, Tool run) => Assert.True(
        run.ExitCode == code && (run.Output + run.Error).Contains(said, StringComparison.Ordinal),
        string.Create(CultureInfo.InvariantCulture, $"Not {code} and '{said}', but {run.ExitCode}:\n{run.Output}\n{run.Error}"));

    public void Dispose() => _place.Delete(recursive: true);

    // The number of the process is written down, so that a shim can end it.
    private Task<Tool> RunAsync(Shims? shims, string[] arguments) => Tool.RunAsync(
        "bash",
        [
            "-c", "echo $$ >\"$1\"; shift; exec \"$@\"", "-", Path.Combine(_place.FullName, "pid"), Repository.At("samples", "est", "device.sh"), .. arguments,
            "-d", Path.Combine(_place.FullName, "identity"), "-g", group,
        ],
        environment: new Dictionary<string, string> { ["PATH"] = shims?.SearchPath ?? Environment.GetEnvironmentVariable("PATH")!, ["PID"] = Path.Combine(_place.FullName, "pid") });
}
