using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop;

/// <summary>Certificates of the profiles <c>mqtt-client</c> and <c>gateway-tls</c>, judged by mosquitto.</summary>
public sealed class MqttTests
{
    private static readonly string[] Authorities = ["root", "issuing"];

    [Fact]
    public async Task A_broker_knows_devices_by_their_certificates_and_turns_revoked_ones_away()
    {
        await using var server = await ServerProcess.StartAsync(
            environment: new Dictionary<string, string> { ["Provisioning__Crl__Delay"] = "00:00:00" });
        using var administrator = Api.Client(server, "admin");
        var folder = Directory.CreateDirectory(Path.Combine(server.DataDirectory, "mqtt")).FullName;
        await Profiles.UseAsync(administrator, "gateway-tls");
        await EnrollAsync(server, folder, "broker", new Dictionary<string, string> { ["hostname"] = "broker.plant.example", ["address"] = Broker.Address });
        await Profiles.UseAsync(administrator, "mqtt-client");
        await EnrollAsync(server, folder, "pump-1", new Dictionary<string, string>());
        await EnrollAsync(server, folder, "pump-2", new Dictionary<string, string>());
        await FetchCrlsAsync(server, folder);

        await using var broker = await Broker.StartAsync(folder, server.Pki("chain.pem"));

        // The broker takes the common name for the user name, and its rules for topics from that.
        await broker.PublishAsync("pump-1", "devices/pump-1/state", "running");
        Assert.Equal("running", (await broker.ReadAsync("pump-1", "devices/pump-1/state")).Output.Trim());
        var other = await broker.RunAsync("mosquitto_pub", "pump-1", "-V", "5", "-q", "1", "-t", "devices/pump-2/state", "-m", "x");
        Assert.Contains("Not authorized", other.Output + other.Error, StringComparison.OrdinalIgnoreCase);
        var nobody = await broker.RunAsync("mosquitto_pub", null, "-t", "devices/pump-1/state", "-m", "x");
        Assert.NotEqual(0, nobody.ExitCode);

        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(folder, "pump-1.pem")));
        await Api.RevokeAsync(administrator, certificate.SerialNumber, "keyCompromise");
        await UntilRevokedAsync(server, folder, certificate);
        await broker.ReloadAsync(() => broker.RunAsync("mosquitto_pub", "pump-1", "-q", "1", "-t", "devices/pump-1/state", "-m", "x"));
        await broker.PublishAsync("pump-2", "devices/pump-2/state", "running");
    }

    private static async Task EnrollAsync(ServerProcess server, string folder, string device, IReadOnlyDictionary<string, string> attributes)
    {
        using var registrar = Api.Client(server, "factory-line");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await Profiles.EnrollAsync(registrar, device, Profiles.Request(key, device), attributes);
        var chain = answer.GetProperty("certificate").GetString() + answer.GetProperty("chain")[0].GetString();
        await File.WriteAllTextAsync(Path.Combine(folder, device + ".pem"), chain);
        await File.WriteAllTextAsync(Path.Combine(folder, device + ".key"), key.ExportPkcs8PrivateKeyPem());
    }

    // mosquitto wants a CRL of every authority of a chain.
    private static async Task FetchCrlsAsync(ServerProcess server, string folder)
    {
        var all = "";
        foreach (var authority in Authorities)
        {
            var path = Path.Combine(folder, authority + ".crl");
            await Tool.CheckAsync("curl", "-sSf", "-o", path, $"{server.Http}/crl/{authority}.crl");
            all += await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", path);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "crls.pem"), all);
    }

    private static async Task UntilRevokedAsync(ServerProcess server, string folder, X509Certificate2 certificate)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        do
        {
            await FetchCrlsAsync(server, folder);
            var crl = await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", Path.Combine(folder, "issuing.crl"), "-noout", "-text");
            if (crl.Contains(certificate.SerialNumber, StringComparison.Ordinal)) return;
        }
        while (await timer.WaitForNextTickAsync(limit.Token));
    }

    private sealed class Broker(Process process, string folder, string trust, int port) : IAsyncDisposable
    {
        /// <summary>The names and the address of the service, which is on the same machine, are nobody else's.</summary>
        internal const string Address = "127.0.0.2";

        internal static async Task<Broker> StartAsync(string folder, string trust)
        {
            var port = ServerProcess.FreePort();
            var configuration = Path.Combine(folder, "mosquitto.conf");
            await File.WriteAllTextAsync(Path.Combine(folder, "acl"), "pattern readwrite devices/%u/#\n");
            await File.WriteAllTextAsync(configuration, $"""
                user root
                listener {port} {Address}
                cafile {trust}
                certfile {folder}/broker.pem
                keyfile {folder}/broker.key
                crlfile {folder}/crls.pem
                require_certificate true
                use_identity_as_username true
                acl_file {folder}/acl
                """ + "\n");
            var start = new ProcessStartInfo("mosquitto", ["-c", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true };
            var process = Process.Start(start)!;
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            var broker = new Broker(process, folder, trust, port);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (!await ListensAsync(port))
            {
                Assert.False(process.HasExited, "mosquitto has ended");
                await timer.WaitForNextTickAsync(limit.Token);
            }

            return broker;
        }

        internal Task<Tool> RunAsync(string program, string? device, params string[] arguments)
        {
            string[] identity = device is null ? [] : ["--cert", $"{folder}/{device}.pem", "--key", $"{folder}/{device}.key"];
            return Tool.RunAsync(program, ["-h", Address, "-p", $"{port}", "--cafile", trust, .. identity, .. arguments]);
        }

        internal async Task PublishAsync(string device, string topic, string text)
        {
            var run = await RunAsync("mosquitto_pub", device, "-q", "1", "-r", "-t", topic, "-m", text);
            Assert.True(run.ExitCode == 0, run.Error);
        }

        internal Task<Tool> ReadAsync(string device, string topic) => RunAsync("mosquitto_sub", device, "-C", "1", "-W", "30", "-t", topic);

        /// <summary>SIGHUP, and waits until something fails that worked before.</summary>
        internal async Task ReloadAsync(Func<Task<Tool>> untilItFails)
        {
            await Tool.CheckAsync("kill", "-HUP", $"{process.Id}");
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            while ((await untilItFails()).ExitCode == 0) await timer.WaitForNextTickAsync(limit.Token);
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        private static async Task<bool> ListensAsync(int port)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(Address, port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
