using System.Net.Http.Json;
using System.Text.Json;

namespace Provisioning.Interop.Est;

/// <summary>A server with groups for EST, and a folder for the files of its clients; one for all tests of a class.</summary>
public sealed class EstHouse : IAsyncLifetime
{
    /// <summary>Takes tokens, and lets its devices renew whenever they want.</summary>
    internal const string Group = "pumps";

    /// <summary>Has an administrator approve each device.</summary>
    internal const string Manual = "valves";

    /// <summary>Wants requests that are bound to their TLS session.</summary>
    internal const string Bound = "bound";

    /// <summary>Makes the keys of its devices.</summary>
    internal const string Keyless = "keyless";

    private static readonly string[] Credentials = ["registrar", "token"];

    private static readonly string[] P256 = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

    private HttpClient? _administrator;
    private int _names;

    internal ServerProcess Server { get; private set; } = null!;

    internal string Folder { get; } = Directory.CreateTempSubdirectory("provisioning-est-").FullName;

    private HttpClient Administrator => _administrator ??= Api.Client(Server, "admin");

    public async ValueTask InitializeAsync()
    {
        Server = await ServerProcess.StartAsync();
        await DefineAsync(Group, new { credentials = Credentials, renewal = new { early = "allowed" } });
        await DefineAsync(Bound, new { credentials = Credentials, linking = "required" });
        await DefineAsync(Keyless, new { credentials = Credentials, serverKeys = "allowed" });
        await DefineAsync(Manual, new { credentials = Credentials, approval = "manual" });
    }

    public async ValueTask DisposeAsync()
    {
        _administrator?.Dispose();
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    internal string At(string file) => Path.Combine(Folder, file);

    /// <summary>Where an operation is, with the label of a group or without one.</summary>
    internal string Url(string operation, string? label) =>
        label is null ? $"{Server.Https}/.well-known/est/{operation}" : $"{Server.Https}/.well-known/est/{label}/{operation}";

    /// <summary>A token for one device.</summary>
    internal async Task<string> CreateTokenAsync(string group = Group)
    {
        using var answer = await Administrator.PostAsJsonAsync("/api/v1/tokens", new { group });
        return (await ReadAsync(answer)).GetProperty("items")[0].GetProperty("token").GetString()!;
    }

    /// <summary>A device's key and certification request, as openssl makes them.</summary>
    /// <returns>The device ID; the files are <c>ID.key</c> and <c>ID.csr</c>, PEM, and <c>ID.der</c>.</returns>
    internal async Task<string> NewDeviceAsync(params string[] algorithm)
    {
        var id = $"pump-{Interlocked.Increment(ref _names)}";
        await NewRequestAsync(id, id, algorithm);
        return id;
    }

    /// <summary>A new key for a device, and the request for it.</summary>
    internal async Task NewRequestAsync(string id, string file, params string[] algorithm)
    {
        var kind = algorithm.Length > 0 ? algorithm : P256;
        await Tool.CheckAsync("openssl", ["genpkey", "-algorithm", .. kind, "-out", At(file + ".key")]);
        await Tool.CheckAsync("openssl", "req", "-new", "-key", At(file + ".key"), "-subj", "/CN=" + id, "-out", At(file + ".csr"));
        await Tool.CheckAsync("openssl", "req", "-in", At(file + ".csr"), "-outform", "DER", "-out", At(file + ".der"));
    }

    /// <summary>Waits until a device's request is in the queue, and approves it.</summary>
    internal async Task ApproveAsync(string device)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        string? id;
        do
        {
            await timer.WaitForNextTickAsync(limit.Token);
            var waiting = await Administrator.GetFromJsonAsync<JsonElement>("/api/v1/approvals?state=pending", limit.Token);
            id = waiting.GetProperty("items").EnumerateArray()
                .FirstOrDefault(one => one.GetProperty("deviceId").GetString() == device) is { ValueKind: JsonValueKind.Object } found
                ? found.GetProperty("id").GetString()
                : null;
        }
        while (id is null);
        using var decided = await Administrator.PostAsJsonAsync("/api/v1/approvals/decisions", new { ids = new[] { id }, approve = true }, limit.Token);
        await ReadAsync(decided);
    }

    /// <summary>The states of a device's certificates, in no certain order.</summary>
    internal async Task<IReadOnlyList<string>> StatesAsync(string device) =>
        [.. (await Api.ListAsync(Administrator, $"/api/v1/certificates?holder={device}")).Select(one => one.GetProperty("state").GetString()!)];

    /// <summary>Checks a certificate with openssl against the root, and that it is the device's.</summary>
    internal async Task VerifyAsync(string certificate, string device)
    {
        Assert.Contains("OK", await Tool.CheckAsync(
            "openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", Server.Pki("root.pem"), "-untrusted", Server.Pki("chain.pem"), certificate),
            StringComparison.Ordinal);
        Assert.Contains("CN = " + device, await Tool.CheckAsync("openssl", "x509", "-in", certificate, "-noout", "-subject"), StringComparison.Ordinal);
    }

    private async Task DefineAsync(string name, object definition)
    {
        using var message = new HttpRequestMessage(HttpMethod.Put, "/api/v1/groups/" + name) { Content = JsonContent.Create(definition) };
        message.Headers.TryAddWithoutValidation("If-Match", "*");
        using var answer = await Administrator.SendAsync(message);
        await ReadAsync(answer);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
