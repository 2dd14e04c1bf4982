using System.Security.Cryptography;

namespace Provisioning.Interop;

/// <summary>A certificate of every profile for devices, judged by openssl, zlint, GnuTLS and Python's cryptography.</summary>
public sealed class ProfileJudgeTests
{
    private static readonly string[] Kinds = ["p256", "p384", "rsa2048"];

    [Fact]
    public async Task All_judges_accept_a_certificate_of_every_profile()
    {
        await using var server = await ServerProcess.StartAsync();
        using var administrator = Api.Client(server, "admin");
        using var registrar = Api.Client(server, "factory-line");
        var folder = Directory.CreateDirectory(Path.Combine(server.DataDirectory, "judged")).FullName;
        var leaves = new List<string>();
        foreach (var profile in new[] { "mqtt-client", "opcua-application", "gateway-tls", "idevid", "wifi-eap-tls", "report", "claim" })
        {
            await Profiles.UseAsync(administrator, profile);
            foreach (var kind in Kinds.Where(kind => kind != "rsa2048" || profile != "report"))
            {
                using AsymmetricAlgorithm key = kind switch
                {
                    "p256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
                    "p384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
                    _ => RSA.Create(2048),
                };
                var leaf = Path.Combine(folder, $"{profile}-{kind}.pem");
                var answer = await Profiles.EnrollAsync(registrar, $"{profile}-{kind}", Profiles.Request(key, $"{profile}-{kind}"));
                await File.WriteAllTextAsync(leaf, answer.GetProperty("certificate").GetString());
                leaves.Add(leaf);
            }
        }

        foreach (var leaf in leaves)
        {
            await JudgeTests.OpensslAsync(server, leaf);

            // OPC 10000-6 §6.2.2 demands nonRepudiation and dataEncipherment of RSA keys, which serve neither a TLS server nor a client.
            await JudgeTests.ZlintAsync(
                leaf, IsOf(leaf, "opcua-application-rsa2048") ? "e_key_usage_and_extended_key_usage_inconsistent" : null);
            await Tool.CheckAsync("certtool", "--certificate-info", "--infile", leaf);
        }

        foreach (var leaf in leaves.Where(leaf => IsOf(leaf, "gateway-tls") || IsOf(leaf, "opcua-application"))) await PurposeAsync(server, leaf, "sslserver");
        foreach (var leaf in leaves.Where(leaf => !IsOf(leaf, "report"))) await PurposeAsync(server, leaf, "sslclient");
        await JudgeTests.GnutlsAsync(server, leaves);
        await JudgeTests.PythonAsync(server, [server.Pki("root.pem"), server.Pki("issuing.pem"), .. leaves]);
        await server.StopAsync();
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    // The name that the other end checks, by a foreign program.
    [Fact]
    public async Task Openssl_finds_the_host_name_of_a_gateway_and_the_end_of_an_IDevID()
    {
        await using var server = await ServerProcess.StartAsync();
        using var administrator = Api.Client(server, "admin");
        using var registrar = Api.Client(server, "factory-line");
        var leaf = Path.Combine(server.DataDirectory, "leaf.pem");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Profiles.UseAsync(administrator, "gateway-tls");
        await File.WriteAllTextAsync(
            leaf, (await Profiles.EnrollAsync(registrar, "gw-1", Profiles.Request(key, "gw-1"))).GetProperty("certificate").GetString());
        await Tool.CheckAsync("openssl", "verify", "-x509_strict", "-verify_hostname", "gw-1.plant.example", "-CAfile", server.Pki("root.pem"),
            "-untrusted", server.Pki("issuing.pem"), leaf);

        await Profiles.UseAsync(administrator, "idevid");
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(
            leaf, (await Profiles.EnrollAsync(registrar, "unit-1", Profiles.Request(other, "unit-1"))).GetProperty("certificate").GetString());
        var text = await Tool.CheckAsync("openssl", "x509", "-in", leaf, "-noout", "-enddate", "-subject", "-nameopt", "RFC2253");
        Assert.Contains("notAfter=Dec 31 23:59:59 9999 GMT", text);
        Assert.Contains("serialNumber=unit-1,O=Example Pumps", text);
    }

    private static bool IsOf(string leaf, string profile) => Path.GetFileName(leaf).StartsWith(profile, StringComparison.Ordinal);

    private static Task<string> PurposeAsync(ServerProcess server, string leaf, string purpose) => Tool.CheckAsync(
        "openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", server.Pki("root.pem"), "-untrusted", server.Pki("issuing.pem"), leaf);
}
