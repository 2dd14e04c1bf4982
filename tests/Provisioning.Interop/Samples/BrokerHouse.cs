using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Provisioning.Interop.Samples;

/// <summary><c>samples/mqtt</c> as its README has it: a service, a broker, and the adapter between them.</summary>
internal sealed class BrokerHouse : IAsyncDisposable
{
    /// <summary>The names and the address of the service, which is on the same machine, are nobody else's.</summary>
    private const string Address = "127.0.0.2";

    private readonly StringBuilder _said = new();
    private readonly string _work = Directory.CreateTempSubdirectory("broker and adapter ").FullName;
    private readonly int _port = ServerProcess.FreePort();
    private Process? _broker;
    private Process? _adapter;

    private BrokerHouse(ServerProcess server)
    {
        Server = server;
        Administrator = Api.Client(server, "admin");
        Registrar = Api.Client(server, "factory-line");
    }

    internal ServerProcess Server { get; }

    internal HttpClient Administrator { get; }

    internal HttpClient Registrar { get; }

    /// <summary>What broker and adapter have said.</summary>
    internal string Said
    {
        get { lock (_said) return _said.ToString(); }
    }

    private string Trust => Server.Pki("chain.pem");

    internal static async Task<BrokerHouse> StartAsync()
    {
        var house = new BrokerHouse(await ServerProcess.StartAsync(
            environment: new Dictionary<string, string> { ["Provisioning__Crl__Delay"] = "00:00:00" }));
        try
        {
            await Profiles.UseAsync(house.Administrator, "gateway-tls");
            using (await house.EnrollAsync("broker", new Dictionary<string, string> { ["hostname"] = "broker.plant.example", ["address"] = Address })) { }
            await Profiles.UseAsync(house.Administrator, "mqtt-client");
            await house.AddAdapterAsync();
            var fetched = await Tool.RunAsync("bash", [Repository.At("samples", "mqtt", "off.sh"), .. house.AdapterOptions, "--fetch"]);
            Assert.True(fetched.ExitCode == 0, fetched.Error);
            house._broker = house.Start("broker.sh", "-w", house._work, "--cacert", house.Trust, "--cert", house.At("broker.pem"), "--key", house.At("broker.key"),
                "-l", Address, "-p", $"{house._port}");
            await house.UntilAsync(house.ListensAsync);
            house.StartAdapter();
            return house;
        }
        catch
        {
            await house.DisposeAsync();
            throw;
        }
    }

    internal void StartAdapter() => _adapter = Start("off.sh", AdapterOptions);

    /// <summary>kill -9; what it has started ends by itself.</summary>
    internal async Task KillAdapterAsync()
    {
        _adapter!.Kill(entireProcessTree: true);
        await _adapter.WaitForExitAsync();
        _adapter.Dispose();
        _adapter = null;
    }

    /// <summary>The next generation of the issuing authority; broker and adapter know nothing of it.</summary>
    internal async Task RollAsync(int generation)
    {
        await Server.StopAsync();
        var rolled = await Tool.RunAsync(
            "dotnet", [Repository.Program("Provisioning.Server", "Provisioning.Server"), "rollover", "--to", $"{generation}"], environment: Server.Environment);
        Assert.True(rolled.ExitCode == 0, rolled.Error);
        await Server.StartAgainAsync();
    }

    /// <summary>The last event that the adapter has dealt with.</summary>
    internal async Task<string?> LastEventAsync() => File.Exists(At("last-event")) ? (await File.ReadAllTextAsync(At("last-event"))).Trim() : null;

    /// <summary>Enrolls, and gives the certificate with its key; its files are in the folder.</summary>
    internal async Task<X509Certificate2> EnrollAsync(string device, IReadOnlyDictionary<string, string>? attributes = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await Profiles.EnrollAsync(Registrar, device, Profiles.Request(key, device), attributes ?? new Dictionary<string, string>());
        return await KeepAsync(device, answer, key);
    }

    internal Task<MqttSession?> ConnectAsync(string device, X509Certificate2 certificate) =>
        MqttSession.OpenAsync(Address, _port, Trust, certificate, device);

    /// <summary>Publishes as a device, with a client that says what the broker refuses.</summary>
    internal Task<Tool> PublishAsync(string device, string topic, string message) => Tool.RunAsync(
        "mosquitto_pub",
        ["-h", Address, "-p", $"{_port}", "--cafile", Trust, "--cert", At(device + ".pem"), "--key", At(device + ".key"),
        "-V", "5", "-q", "1", "-t", topic, "-m", message]);

    /// <summary>Waits until the broker does not let a device in any more.</summary>
    internal Task UntilRefusedAsync(string device, X509Certificate2 certificate) => UntilAsync(async () =>
    {
        await using var session = await ConnectAsync(device, certificate);
        return session is null;
    });

    internal async Task UntilAsync(Func<Task<bool>> happened)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            while (!await happened()) await timer.WaitForNextTickAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail(Said);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_adapter is not null) await KillAdapterAsync();
        if (_broker is not null)
        {
            _broker.Kill(entireProcessTree: true);
            await _broker.WaitForExitAsync();
            _broker.Dispose();
        }

        Administrator.Dispose();
        Registrar.Dispose();
        await Server.DisposeAsync();
        Directory.Delete(_work, recursive: true);
    }

    private string[] AdapterOptions =>
    [
        "-w", _work, "-s", Server.Https, "-c", Server.Http, "--cacert", Trust, "--cert", At("mqtt-adapter.pem"), "--key", At("mqtt-adapter.key"),
    ];

    private string At(string file) => Path.Combine(_work, file);

    private async Task AddAdapterAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var added = await Administrator.PostAsJsonAsync(
            "/api/v1/principals", new { name = "mqtt-adapter", kind = "relyingParty", csr = Convert.ToBase64String(Profiles.Request(key, "mqtt-adapter")) });
        var text = await added.Content.ReadAsStringAsync();
        Assert.True(added.IsSuccessStatusCode, text);
        await File.WriteAllTextAsync(At("mqtt-adapter.pem"), JsonDocument.Parse(text).RootElement.GetProperty("certificate").GetString());
        await File.WriteAllTextAsync(At("mqtt-adapter.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private async Task<X509Certificate2> KeepAsync(string device, JsonElement answer, ECDsa key)
    {
        var pem = answer.GetProperty("certificate").GetString()!;
        await File.WriteAllTextAsync(At(device + ".pem"), pem + answer.GetProperty("chain")[0].GetString());
        await File.WriteAllTextAsync(At(device + ".key"), key.ExportPkcs8PrivateKeyPem());
        using var certificate = X509Certificate2.CreateFromPem(pem, key.ExportPkcs8PrivateKeyPem());
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private Process Start(string script, params string[] options)
    {
        var start = new ProcessStartInfo("bash", [Repository.At("samples", "mqtt", script), .. options]) { RedirectStandardError = true, RedirectStandardOutput = true };
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }

    private async Task<bool> ListensAsync()
    {
        Assert.False(_broker!.HasExited, Said);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(Address, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Append(string? line)
    {
        lock (_said) _said.AppendLine(line);
    }
}
