using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop;

/// <summary>OCSP as openssl, GnuTLS, strongSwan and Python's cryptography see it: every status, by every way to ask.</summary>
public sealed class OcspTests
{
    private const string Unissued = "0x1B5E7F0C2A944D1E8F63A7C0D4E912";

    [Theory]
    [InlineData("P256")]
    [InlineData("P384")]
    [InlineData("Rsa3072")]
    public async Task Openssl_and_GnuTLS_accept_every_status(string algorithm)
    {
        await using var server = await ServerProcess.StartAsync(
            environment: new Dictionary<string, string> { ["Provisioning__Authority__KeyAlgorithm"] = algorithm });
        var judge = new Judge(server);
        using var administrator = Api.Client(server, "admin");
        var leaf = await judge.EnrollAsync("pump-1");
        var serial = SerialOf(leaf);

        await judge.AllAgreeAsync(leaf, "good");
        await Api.RevokeAsync(administrator, serial, "certificateHold");
        await judge.AllAgreeAsync(leaf, "revoked", "certificateHold");
        using (await administrator.DeleteAsync($"/api/v1/certificates/{serial}/revocation")) { }
        await judge.AllAgreeAsync(leaf, "good");
        await Api.RevokeAsync(administrator, serial, "keyCompromise");
        await judge.AllAgreeAsync(leaf, "revoked", "keyCompromise");
        var other = await judge.EnrollAsync("pump-2");
        await Api.RevokeAsync(administrator, SerialOf(other), "unspecified");
        await judge.AllAgreeAsync(other, "revoked");
        await judge.AllAgreeAsync(await judge.ForgeAsync("pump-3"), "unknown");
        Assert.Contains($"{Unissued}: unknown", await judge.OpensslAsync("-serial", Unissued));
    }

    [Fact]
    public async Task Strongswan_accepts_what_is_good_and_refuses_what_is_not()
    {
        await using var server = await ServerProcess.StartAsync();
        var judge = new Judge(server);
        using var administrator = Api.Client(server, "admin");
        var leaf = await judge.EnrollAsync("pump-1");
        Assert.Contains("certificate status is good", await judge.StrongswanAsync(leaf, isTrusted: true));
        await Api.RevokeAsync(administrator, SerialOf(leaf), "certificateHold");
        Assert.Contains("certificate hold", await judge.StrongswanAsync(leaf, isTrusted: false), StringComparison.Ordinal);
        using (await administrator.DeleteAsync($"/api/v1/certificates/{SerialOf(leaf)}/revocation")) { }
        Assert.Contains("certificate status is good", await judge.StrongswanAsync(leaf, isTrusted: true));
        await Api.RevokeAsync(administrator, SerialOf(leaf), "superseded");
        Assert.Contains("revoked", await judge.StrongswanAsync(leaf, isTrusted: false), StringComparison.Ordinal);
        Assert.Contains("certificate status is not available", await judge.StrongswanAsync(await judge.ForgeAsync("pump-2"), isTrusted: null));
    }

    [Fact]
    public async Task What_has_expired_stays_what_it_was_for_every_judge()
    {
        var folder = Directory.CreateTempSubdirectory("provisioning-interop-").FullName;
        try
        {
            // Devices that live ten days, enrolled three weeks ago.
            var profiles = Directory.CreateDirectory(Path.Combine(folder, "profiles")).FullName;
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "pki", "profiles"), "*.json"))
                File.Copy(file, Path.Combine(profiles, Path.GetFileName(file)));
            var device = Path.Combine(profiles, "device.json");
            await File.WriteAllTextAsync(device, (await File.ReadAllTextAsync(device)).Replace("P365D", "P10D", StringComparison.Ordinal));
            var environment = new Dictionary<string, string>
            {
                ["Provisioning__ProfilesDirectory"] = profiles,
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            };
            // The library itself: faketime would run the server as a child, which no signal reaches.
            var library = (await Tool.CheckAsync("faketime", "-f", "-21d", "printenv", "LD_PRELOAD")).Trim();
            await using var server = await ServerProcess.StartAsync(
                Path.Combine(folder, "data"), environment, ["env", "LD_PRELOAD=" + library, "FAKETIME=-21d"]);
            var judge = new Judge(server);
            string good, revoked;
            using (var administrator = Api.Client(server, "admin"))
            {
                (good, revoked) = (await judge.EnrollAsync("pump-1"), await judge.EnrollAsync("pump-2"));
                await Api.RevokeAsync(administrator, SerialOf(revoked), "superseded");
            }

            await server.StopAsync();
            await server.StartAgainAsync();

            Assert.NotEqual(0, (await Tool.RunAsync("openssl", ["x509", "-checkend", "0", "-noout", "-in", good])).ExitCode);
            await judge.AllAgreeAsync(good, "good");
            await judge.AllAgreeAsync(revoked, "revoked", "superseded");
            Assert.Contains("OCSP Archive Cutoff", await judge.OpensslAsync("-text", "-cert", good));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string SerialOf(string leaf)
    {
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(leaf));
        return certificate.SerialNumber;
    }

    private sealed class Judge(ServerProcess server)
    {
        private readonly string _folder = Directory.CreateDirectory(Path.Combine(server.DataDirectory, "judged")).FullName;

        internal async Task<string> EnrollAsync(string id)
        {
            using var registrar = Api.Client(server, "factory-line");
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var path = Path.Combine(_folder, id + ".pem");
            await File.WriteAllTextAsync(path, JudgeTests.LeafOf(await Api.EnrollPemAsync(registrar, id, key)));
            return path;
        }

        /// <summary>A certificate that somebody has made with the authority's own key, and that is on no record.</summary>
        internal async Task<string> ForgeAsync(string id)
        {
            var (request, path, extensions) = (Path.Combine(_folder, id + ".csr"), Path.Combine(_folder, id + ".pem"), Path.Combine(_folder, id + ".cnf"));
            await Tool.CheckAsync(
                "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", Path.Combine(_folder, id + ".key"),
                "-subj", "/CN=" + id, "-out", request);
            await File.WriteAllTextAsync(extensions, $"authorityKeyIdentifier=keyid\nauthorityInfoAccess=OCSP;URI:{server.Http}/ocsp\nkeyUsage=digitalSignature\n");
            await Tool.CheckAsync(
                "openssl", "x509", "-req", "-in", request, "-CA", server.Pki("issuing.pem"), "-CAkey", server.Pki("issuing.key"),
                "-passin", "file:" + Path.Combine(server.DataDirectory, "passphrase"), "-set_serial", "0x" + Convert.ToHexString(RandomNumberGenerator.GetBytes(15)),
                "-days", "10", "-extfile", extensions, "-out", path);
            return path;
        }

        internal async Task AllAgreeAsync(string leaf, string status, string? reason = null)
        {
            foreach (var hash in new[] { "-sha1", "-sha256" })
            {
                foreach (var nonce in new[] { "-nonce", "-no_nonce" })
                {
                    var said = await OpensslAsync(hash, nonce, "-cert", leaf);
                    Assert.Contains($"{leaf}: {status}", said);
                    Assert.DoesNotContain("WARNING", said, StringComparison.Ordinal);
                    if (reason is null) Assert.DoesNotContain("Reason:", said, StringComparison.Ordinal);
                    else Assert.Contains($"Reason: {reason}", said, StringComparison.OrdinalIgnoreCase);
                }
            }

            var response = await GetAsync(leaf);
            Assert.Contains("Response verify OK", await Both("openssl", "ocsp", "-respin", response, "-CAfile", server.Pki("chain.pem"),
                "-issuer", server.Pki("issuing.pem"), "-cert", leaf, "-no_nonce"));
            await GnutlsAsync(leaf, response, status);
            await PythonAsync(response, status, reason);
        }

        internal Task<string> OpensslAsync(params string[] about)
        {
            // A hash counts for what comes after it.
            var hash = about.Where(word => word.StartsWith("-sha", StringComparison.Ordinal));
            return OpensslAsync([.. hash, "-issuer", server.Pki("issuing.pem"), .. about.Except(hash)], "Response verify OK");
        }

        internal async Task<string> StrongswanAsync(string leaf, bool? isTrusted)
        {
            var run = await Tool.RunAsync(
                "pki", ["--verify", "--in", leaf, "--cacert", server.Pki("issuing.pem"), "--cacert", server.Pki("root.pem"), "--online", "--debug", "1"]);
            if (isTrusted is { } trusted) Assert.True(trusted == (run.ExitCode == 0), run.Output + run.Error);
            Assert.Contains("ocsp response correctly signed", run.Output + run.Error);
            return run.Output + run.Error;
        }

        private async Task<string> OpensslAsync(string[] arguments, string verdict)
        {
            var said = await Both("openssl", ["ocsp", "-url", server.Http + "/ocsp", "-CAfile", server.Pki("chain.pem"), .. arguments]);
            Assert.Contains(verdict, said);
            return said;
        }

        // By GET, as browsers ask.
        private async Task<string> GetAsync(string leaf)
        {
            var (request, response) = (leaf + ".req", leaf + ".resp");
            await Tool.CheckAsync("openssl", "ocsp", "-issuer", server.Pki("issuing.pem"), "-cert", leaf, "-no_nonce", "-reqout", request);
            var path = Uri.EscapeDataString(Convert.ToBase64String(await File.ReadAllBytesAsync(request)));
            await Tool.CheckAsync("curl", "-sSf", "-o", response, $"{server.Http}/ocsp/{path}");
            return response;
        }

        private async Task GnutlsAsync(string leaf, string response, string status)
        {
            var verdict = await Both("ocsptool", "--verify-response", "--infile", response, "--load-trust", server.Pki("issuing.pem"));
            Assert.Contains("Success", verdict);
            var asked = await Both(
                "ocsptool", "--ask=" + server.Http + "/ocsp", "--nonce", "--load-issuer", server.Pki("issuing.pem"), "--load-cert", leaf,
                "--load-trust", server.Pki("issuing.pem"));
            Assert.Contains($"Certificate Status: {status}", asked);
            Assert.Contains("Success", asked);
        }

        private static async Task PythonAsync(string response, string status, string? reason)
        {
            const string program = """
                import sys
                from cryptography.x509 import ocsp
                r = ocsp.load_der_ocsp_response(open(sys.argv[1], "rb").read())
                assert len(r.certificates) == 1 and r.responder_key_hash and not r.extensions
                print(r.certificate_status.name, r.revocation_reason.name if r.revocation_reason else "", r.next_update - r.this_update)
                """;
            var run = await Tool.RunAsync("/usr/bin/python3", ["-", response], input: program);
            Assert.True(run.ExitCode == 0, run.Error);
            var words = run.Output.Replace("_", "", StringComparison.Ordinal);
            Assert.StartsWith($"{status} {reason}".Trim(), words, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("0:10:00", words);
        }

        private static async Task<string> Both(string program, params string[] arguments)
        {
            var run = await Tool.RunAsync(program, arguments);
            return run.Output + run.Error;
        }
    }
}
