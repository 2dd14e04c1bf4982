using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.OpcUa;

/// <summary>Certificates of the profile <c>opcua-application</c>, judged by a real OPC UA stack: node-opcua.</summary>
public sealed class OpcUaTests : IAsyncLifetime
{
    private static readonly string Program = Repository.At("tests", "Provisioning.Interop", "OpcUa", "opcua.cjs");
    private static readonly string[] Authorities = ["root", "issuing"];
    private ServerProcess _server = null!;

    public async ValueTask InitializeAsync()
    {
        if (!Directory.Exists(Path.Combine(Path.GetDirectoryName(Program)!, "node_modules")))
        {
            const string how = "node-opcua is missing; tests/run.sh installs it.";
            if (Environment.GetEnvironmentVariable("PROVISIONING_REQUIRE_ALL") == "1") Assert.Fail(how);
            Assert.Skip(how);
        }

        // Stacks for the RSA security policies verify signatures of RSA authorities only.
        _server = await ServerProcess.StartAsync(environment: new Dictionary<string, string>
        {
            ["Provisioning__Authority__KeyAlgorithm"] = "Rsa3072",
            ["Provisioning__Crl__Delay"] = "00:00:00",
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [Fact]
    public async Task OPC_UA_applications_talk_with_certificates_of_ours_and_trust_nobody_else()
    {
        using var administrator = Api.Client(_server, "admin");
        await Profiles.UseAsync(administrator, "opcua-application");
        var server = await ApplicationAsync("opc-server");
        var client = await ApplicationAsync("opc-client");
        await TrustAsync(server);

        // Who does not know the authority does not talk.
        var stranger = await TalkAsync(server, client);
        Assert.True(stranger.ExitCode != 0, stranger.Output);
        Assert.Contains("Certificate verification failed", stranger.Error);

        await TrustAsync(client);
        var talk = await TalkAsync(server, client);
        Assert.True(talk.ExitCode == 0, talk.Output + talk.Error);
        Assert.Contains("the server is in state 0", talk.Output);

        // And a revoked one not any more.
        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(client, "certificate.pem")));
        await Api.RevokeAsync(administrator, certificate.SerialNumber, "keyCompromise");
        await UntilRevokedAsync(server, certificate);
        var revoked = await TalkAsync(server, client);
        Assert.True(revoked.ExitCode != 0, revoked.Output);
        Assert.DoesNotContain(".crl", revoked.Error);
    }

    [Fact]
    public async Task What_an_OPC_UA_stack_asks_for_beyond_the_profile_is_refused_unless_the_profile_ignores_it()
    {
        using var registrar = Api.Client(_server, "factory-line");
        var folder = await RequestAsync("opc-1");
        var request = await DerAsync(folder);
        var text = await Tool.CheckAsync("openssl", "req", "-in", Path.Combine(folder, "request.pem"), "-noout", "-text");
        Assert.Contains("Certificate Sign", text);

        // The profile of other devices grants neither the URI nor keyCertSign.
        using var refused = await Api.EnrollAsync(registrar, "opc-1", request);
        Assert.False(refused.IsSuccessStatusCode);

        using var administrator = Api.Client(_server, "admin");
        await Profiles.UseAsync(administrator, "opcua-application");
        var answer = await Profiles.EnrollAsync(registrar, "opc-1", request);
        using var certificate = X509Certificate2.CreateFromPem(answer.GetProperty("certificate").GetString());
        Assert.Equal(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment,
            certificate.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
    }

    // A key and a request by the stack, and a certificate by us.
    private async Task<string> ApplicationAsync(string name)
    {
        var folder = await RequestAsync(name);
        using var registrar = Api.Client(_server, "factory-line");
        var answer = await Profiles.EnrollAsync(registrar, name, await DerAsync(folder));
        var chain = string.Concat(answer.GetProperty("chain").EnumerateArray().Select(one => one.GetString()));
        await File.WriteAllTextAsync(Path.Combine(folder, "certificate.pem"), answer.GetProperty("certificate").GetString() + chain);
        await File.WriteAllTextAsync(Path.Combine(folder, "uri"), Profiles.Attributes(name)["applicationUri"]);
        return folder;
    }

    private async Task<string> RequestAsync(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_server.DataDirectory, "opcua", name)).FullName;
        var attributes = Profiles.Attributes(name);
        await Tool.CheckAsync("node", Program, "request", folder, attributes["applicationUri"], attributes["hostname"], name);
        return folder;
    }

    private static async Task<byte[]> DerAsync(string folder)
    {
        var pem = await File.ReadAllTextAsync(Path.Combine(folder, "request.pem"));
        return Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }

    private async Task TrustAsync(string folder)
    {
        var authorities = Directory.CreateDirectory(Path.Combine(folder, "authorities")).FullName;
        foreach (var name in Authorities)
        {
            await Tool.CheckAsync("curl", "-sSf", "-o", Path.Combine(authorities, $"{name}.der"), $"{_server.Http}/ca/{name}.cer");
            await Tool.CheckAsync("curl", "-sSf", "-o", Path.Combine(authorities, $"z-{name}.crl"), $"{_server.Http}/crl/{name}.crl");
        }
    }

    private async Task UntilRevokedAsync(string folder, X509Certificate2 certificate)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        do
        {
            await TrustAsync(folder);
            var crl = await Tool.CheckAsync(
                "openssl", "crl", "-inform", "DER", "-in", Path.Combine(folder, "authorities", "z-issuing.crl"), "-noout", "-text");
            if (crl.Contains(certificate.SerialNumber, StringComparison.Ordinal)) return;
        }
        while (await timer.WaitForNextTickAsync(limit.Token));
    }

    private static Task<Tool> TalkAsync(string server, string client) =>
        Tool.RunAsync("node", [Program, "talk", server, client, ServerProcess.FreePort().ToString()]);
}
