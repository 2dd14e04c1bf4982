using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.Renewals;

/// <summary>The issuing authority is replaced while a fleet lives on: a rehearsal of three generations.</summary>
public sealed class RolloverTests
{
    // The whole proof is 10 000 devices within five minutes; the suite takes a few, and PROVISIONING_DEVICES takes as many as it says.
    private static int Devices => int.TryParse(Environment.GetEnvironmentVariable("PROVISIONING_DEVICES"), out var devices) ? devices : 60;

    [Fact]
    public async Task L_14_Three_generations_of_the_issuing_authority_strand_no_device_and_the_old_ones_still_revoke()
    {
        var started = Stopwatch.GetTimestamp();
        await using var server = await ServerProcess.StartAsync(environment: new Dictionary<string, string>
        {
            ["Provisioning__Crl__Delay"] = "00:00:00",
            ["Provisioning__Limits__Registrar__Burst"] = "100000",
        });
        using var tls = new DeviceTls(server.Pki("root.pem"));
        var turns = new DeviceTurns();
        var fleet = Enumerable.Range(0, Devices).Select(place => new FleetDevice(server, tls, turns, place)).ToList();
        using (var registrar = Api.Client(server, "factory-line"))
            await EachAsync(fleet, device => device.EnrollAsync(registrar));
        var issuers = fleet.Select(device => device.Active.Issuer).ToHashSet();

        for (var generation = 2; generation <= 3; generation++)
        {
            await RollAsync(server, generation);

            // Half of the fleet renews, and shows what it got; the other half has not noticed yet. All of them are let in.
            await EachAsync(fleet, device => device.ShowAsync());
            await EachAsync([.. fleet.Where((_, place) => place % 2 == 0)], device => device.RenewAsync());
            await EachAsync([.. fleet.Where((_, place) => place % 2 == 1)], device => device.ShowAsync());
            await JudgeAsync(server, fleet[0].Active, generation, "OK");
            issuers.Add(fleet[0].Active.Issuer);
            Assert.Equal(generation, issuers.Count);
            await AssertListedAsync(server, issuers);
            foreach (var device in fleet.Take(2)) Assert.Equal(HttpStatusCode.OK, await ShowObedientlyAsync(server, device.Active));
        }

        // Who has slept through two generations catches up; then a certificate of each of them is revoked by the one that issued it.
        var old = new[] { fleet[1], fleet[3] }.Select(device => X509CertificateLoader.LoadCertificate(device.Active.RawData)).ToList();
        await JudgeAsync(server, old[0], 1, "OK");
        await EachAsync(fleet, device => device.RenewAsync());
        using (var administrator = Api.Client(server, "admin"))
        {
            await Api.RevokeAsync(administrator, old[1].SerialNumber, "superseded");
            await Api.RevokeAsync(administrator, fleet[1].Active.SerialNumber, "keyCompromise");
        }

        await JudgeAsync(server, old[1], 1, "certificate revoked");
        await JudgeAsync(server, fleet[1].Active, 3, "certificate revoked");
        await JudgeAsync(server, fleet[2].Active, 3, "OK");
        await server.StopAsync();
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(5), "It has taken longer than the rehearsal may.");
    }

    // What the handshake names in either version of TLS, to openssl; and what brokers are given.
    private static async Task AssertListedAsync(ServerProcess server, IReadOnlySet<string> issuers)
    {
        foreach (var version in (string[])["-tls1_2", "-tls1_3"])
        {
            var seen = await Tool.RunAsync(
                "openssl", ["s_client", "-connect", $"localhost:{server.HttpsPort}", "-CAfile", server.Pki("root.pem"), "-nameopt", "RFC2253", version], input: "");
            var listed = seen.Output.Split('\n').SkipWhile(line => line != "Acceptable client certificate CA names").Skip(1)
                .TakeWhile(line => line.StartsWith("CN", StringComparison.Ordinal));
            Assert.Equal(issuers.Order(), listed.Order());
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(server.Pki("chain.pem"));
        Assert.Equal([.. issuers.Order(), (await RootAsync(server)).Subject], [.. chain.SkipLast(1).Select(one => one.Subject).Order(), chain[^1].Subject]);
    }

    private static async Task<X509Certificate2> RootAsync(ServerProcess server) =>
        X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(server.Pki("root.pem")));

    // As Go, Java, Schannel and browsers do: what none of the named authorities has signed is not shown.
    private static async Task<HttpStatusCode> ShowObedientlyAsync(ServerProcess server, X509Certificate2 certificate)
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { await RootAsync(server) },
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                },
                LocalCertificateSelectionCallback = (_, _, _, remote, issuers) =>
                    remote is not null && issuers.Contains(certificate.Issuer) ? certificate : null!,
            },
        };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(server.Https) };
        using var answer = await client.GetAsync("/api/v1/self");
        return answer.StatusCode;
    }

    // Done again, it changes nothing; KilledSetupTests kill it.
    private static async Task RollAsync(ServerProcess server, int generation)
    {
        await server.StopAsync();
        foreach (var said in (string[])["signs from the next start on", "is there already"])
        {
            var rolled = await RunAsync(server, "rollover", "--to", generation.ToString(CultureInfo.InvariantCulture));
            Assert.True(rolled.ExitCode == 0, rolled.Error);
            Assert.Contains(said, rolled.Output);
        }

        var beyond = await RunAsync(server, "rollover", "--to", (generation + 2).ToString(CultureInfo.InvariantCulture));
        Assert.Equal(1, beyond.ExitCode);
        Assert.Contains($"the next one is {generation + 1}", beyond.Error);
        await server.StartAgainAsync();
    }

    // By openssl, with the CRL of the generation and, again, with what it answers to OCSP.
    private static async Task JudgeAsync(ServerProcess server, X509Certificate2 leaf, int generation, string verdict)
    {
        var name = generation == 1 ? "issuing" : $"issuing-{generation}";
        var (folder, issuer) = (Directory.CreateDirectory(Path.Combine(server.DataDirectory, "judged")).FullName, server.Pki(name + ".pem"));
        var (pem, crl) = (Path.Combine(folder, leaf.SerialNumber + ".pem"), Path.Combine(folder, name + ".crl"));
        await File.WriteAllTextAsync(pem, leaf.ExportCertificatePem());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        Tool run;
        do
        {
            await Tool.CheckAsync("curl", "-sSf", "--retry", "10", "--retry-all-errors", "-o", crl, $"{server.Http}/crl/{name}.crl");
            await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", crl, "-out", crl + ".pem");
            run = await Tool.RunAsync("openssl", ["verify", "-x509_strict", "-crl_check", "-CRLfile", crl + ".pem", "-CAfile", server.Pki("root.pem"),
                "-untrusted", issuer, pem]);
        }
        while (!(run.Output + run.Error).Contains(verdict, StringComparison.Ordinal) && await timer.WaitForNextTickAsync(limit.Token));
        var asked = await Tool.RunAsync("openssl", ["ocsp", "-url", server.Http + "/ocsp", "-CAfile", server.Pki("root.pem"), "-verify_other", issuer,
            "-issuer", issuer, "-cert", pem]);
        Assert.Contains(verdict == "OK" ? ".pem: good" : ".pem: revoked", asked.Output);
    }

    private static Task<Tool> RunAsync(ServerProcess server, params string[] arguments) => Tool.RunAsync(
        "dotnet", [Repository.Program("Provisioning.Server", "Provisioning.Server"), .. arguments], environment: server.Environment);

    private static Task EachAsync(IReadOnlyList<FleetDevice> fleet, Func<FleetDevice, Task> act) =>
        Parallel.ForEachAsync(fleet, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (device, _) => await act(device));
}
