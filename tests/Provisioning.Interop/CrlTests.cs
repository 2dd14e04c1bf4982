using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop;

/// <summary>Full CRLs, CRLs of shards and delta CRLs, as openssl, zlint, GnuTLS and Python's cryptography see them.</summary>
public sealed class CrlTests
{
    private static readonly string[] All =
        ["root", "issuing", "issuing/1", "issuing/2", "root.delta", "issuing.delta", "issuing/1.delta", "issuing/2.delta"];

    [Fact]
    public async Task All_judges_accept_every_kind_of_CRL()
    {
        await using var server = await StartAsync(deltas: true);
        var judge = new Judge(server);
        using var administrator = Api.Client(server, "admin");
        for (var i = 0; i < 4; i++)
        {
            var leaf = await judge.EnrollAsync($"pump-{i}");
            await Api.RevokeAsync(administrator, SerialOf(leaf), i % 2 == 0 ? "certificateHold" : "keyCompromise");
            await judge.UntilAsync("issuing.delta", crl => crl.Contains(SerialOf(leaf), StringComparison.Ordinal));
            if (i == 0)
            {
                using (await administrator.DeleteAsync($"/api/v1/certificates/{SerialOf(leaf)}/revocation")) { }
                await judge.UntilAsync("issuing.delta", crl => crl.Contains("Remove From CRL", StringComparison.Ordinal));
            }
        }

        foreach (var name in All)
        {
            var pem = await judge.FetchAsync(name);
            var authority = server.Pki(name.Split('/', '.')[0] + ".pem");
            var verdict = await Tool.RunAsync("openssl", ["crl", "-in", pem, "-CAfile", authority, "-noout"]);
            Assert.Contains("verify OK", verdict.Output + verdict.Error);
            Assert.Contains("Verified", await Tool.CheckAsync("certtool", "--verify-crl", "--load-ca-certificate", authority, "--infile", pem));

            // A rule of the public web: there, nothing is held or released.
            await JudgeTests.ZlintAsync(pem, "e_cab_crl_has_valid_reason_code");
            await PythonAsync(pem, authority, name);
        }
    }

    // A complete CRL for each of the authority's certificates, one for a shard, and one that is behind together with a delta.
    [Theory]
    [InlineData("issuing", null)]
    [InlineData("shard", null)]
    [InlineData("issuing", "issuing.delta")]
    [InlineData("shard", "delta")]
    public async Task Openssl_gives_the_right_answer_for_valid_revoked_held_and_released(string complete, string? delta)
    {
        await using var server = await StartAsync(deltas: delta is not null);
        var judge = new Judge(server);
        using var administrator = Api.Client(server, "admin");
        var (leaf, other) = (await judge.EnrollAsync("pump-1"), await judge.EnrollAsync("pump-2"));
        var shard = await ShardOfAsync(leaf);
        string[] names = [.. new[] { complete == "shard" ? $"issuing/{shard}" : complete, delta == "delta" ? $"issuing/{shard}.delta" : delta }
            .OfType<string>()];
        foreach (var name in names) await judge.UntilAsync(name, _ => true);

        Assert.EndsWith(": OK\n", await judge.VerifyAsync(leaf, names), StringComparison.Ordinal);
        await Api.RevokeAsync(administrator, SerialOf(leaf), "certificateHold");
        await judge.UntilAsync(names[^1], crl => crl.Contains(SerialOf(leaf), StringComparison.Ordinal));
        Assert.Contains("certificate revoked", await judge.VerifyAsync(leaf, names));

        // A complete CRL that lists the hold, so that its release is one by a delta.
        if (delta is not null)
        {
            await server.StopAsync();
            await server.StartAgainAsync();
            await judge.UntilAsync(names[0], crl => complete == "shard" || crl.Contains(SerialOf(leaf), StringComparison.Ordinal));
        }

        using (await administrator.DeleteAsync($"/api/v1/certificates/{SerialOf(leaf)}/revocation")) { }
        await judge.UntilAsync(
            names[^1], crl => delta is null ? !crl.Contains(SerialOf(leaf), StringComparison.Ordinal) : crl.Contains("Remove From CRL", StringComparison.Ordinal));
        Assert.EndsWith(": OK\n", await judge.VerifyAsync(leaf, names), StringComparison.Ordinal);
        await Api.RevokeAsync(administrator, SerialOf(leaf), "keyCompromise");
        await judge.UntilAsync(names[^1], crl => crl.Contains("Key Compromise", StringComparison.Ordinal));
        Assert.Contains("certificate revoked", await judge.VerifyAsync(leaf, names));
        if (await ShardOfAsync(other) == shard || complete == "issuing")
            Assert.EndsWith(": OK\n", await judge.VerifyAsync(other, names), StringComparison.Ordinal);
        else
            Assert.Contains("different CRL scope", await judge.VerifyAsync(other, names), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_has_expired_is_expired_and_stays_revoked_on_the_first_CRL_after_its_expiry()
    {
        var folder = Directory.CreateTempSubdirectory("provisioning-interop-").FullName;
        try
        {
            var profiles = Directory.CreateDirectory(Path.Combine(folder, "profiles")).FullName;
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "pki", "profiles"), "*.json"))
                File.Copy(file, Path.Combine(profiles, Path.GetFileName(file)));
            var device = Path.Combine(profiles, "device.json");
            await File.WriteAllTextAsync(device, (await File.ReadAllTextAsync(device)).Replace("P365D", "P10D", StringComparison.Ordinal));
            var library = (await Tool.CheckAsync("faketime", "-f", "-21d", "printenv", "LD_PRELOAD")).Trim();
            await using var server = await ServerProcess.StartAsync(
                Path.Combine(folder, "data"),
                new Dictionary<string, string>(Settings(deltas: false))
                {
                    ["Provisioning__ProfilesDirectory"] = profiles,
                    ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
                },
                ["env", "LD_PRELOAD=" + library, "FAKETIME=-21d"]);
            var judge = new Judge(server);
            var (good, revoked) = (await judge.EnrollAsync("pump-1"), await judge.EnrollAsync("pump-2"));
            using (var administrator = Api.Client(server, "admin")) await Api.RevokeAsync(administrator, SerialOf(revoked), "superseded");
            var shard = await ShardOfAsync(revoked);
            foreach (var name in (string[])["issuing", $"issuing/{shard}"])
                await judge.UntilAsync(name, crl => crl.Contains(SerialOf(revoked), StringComparison.Ordinal));
            await server.StopAsync();
            await server.StartAgainAsync();

            foreach (var name in (string[])["issuing", $"issuing/{shard}"])
            {
                await judge.UntilAsync(name, crl => crl.Contains(SerialOf(revoked), StringComparison.Ordinal));
                Assert.Contains("certificate revoked", await judge.VerifyAsync(revoked, [name]));
            }

            Assert.Contains("certificate has expired", await judge.VerifyAsync(good, ["issuing"]));
            Assert.EndsWith(": OK\n", await judge.VerifyAsync(good, ["issuing"], "-no_check_time"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task PythonAsync(string pem, string authority, string name)
    {
        const string program = """
            import sys
            from cryptography import x509
            crl = x509.load_pem_x509_crl(open(sys.argv[1], "rb").read())
            issuer = x509.load_pem_x509_certificate(open(sys.argv[2], "rb").read())
            assert crl.is_signature_valid(issuer.public_key())
            shard, delta = sys.argv[3] == "True", sys.argv[4] == "True"
            def has(kind): return any(isinstance(extension.value, kind) and extension.critical for extension in crl.extensions)
            assert has(x509.IssuingDistributionPoint) == shard
            assert has(x509.DeltaCRLIndicator) == delta
            assert any(isinstance(extension.value, x509.FreshestCRL) for extension in crl.extensions) == (not delta)
            for extension in crl.extensions: assert not isinstance(extension.value, x509.UnrecognizedExtension), extension
            for entry in crl: entry.extensions
            """;
        var run = await Tool.RunAsync(
            "/usr/bin/python3",
            ["-", pem, authority, $"{name.Contains('/', StringComparison.Ordinal)}", $"{name.Contains("delta", StringComparison.Ordinal)}"],
            input: program);
        Assert.True(run.ExitCode == 0, $"{name}: {run.Error}");
    }

    private static async Task<string> ShardOfAsync(string leaf)
    {
        var text = await Tool.CheckAsync("openssl", "x509", "-in", leaf, "-noout", "-ext", "crlDistributionPoints");
        return text[(text.IndexOf("/crl/issuing/", StringComparison.Ordinal) + 13)..].Split('.')[0];
    }

    private static string SerialOf(string leaf)
    {
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(leaf));
        return certificate.SerialNumber;
    }

    private static Dictionary<string, string> Settings(bool deltas) => new()
    {
        ["Provisioning__Crl__Delay"] = "00:00:00",
        ["Provisioning__Crl__Shards"] = "2",
        ["Provisioning__Crl__Deltas"] = $"{deltas}",
    };

    private static Task<ServerProcess> StartAsync(bool deltas) => ServerProcess.StartAsync(environment: Settings(deltas));

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

        /// <summary>Fetches a CRL from its address, and gives the file, PEM.</summary>
        internal async Task<string> FetchAsync(string name)
        {
            var path = Path.Combine(_folder, name.Replace('/', '-') + ".crl");
            await Tool.CheckAsync("curl", "-sSf", "-o", path, $"{server.Http}/crl/{name}.crl");
            await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", path, "-out", path + ".pem");
            return path + ".pem";
        }

        internal async Task UntilAsync(string name, Func<string, bool> good)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            var path = Path.Combine(_folder, "polled.crl");
            do
            {
                var got = await Tool.RunAsync("curl", ["-sSf", "-o", path, $"{server.Http}/crl/{name}.crl"]);
                if (got.ExitCode == 0 && good(await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", path, "-noout", "-text"))) return;
            }
            while (await timer.WaitForNextTickAsync(limit.Token));
        }

        /// <summary>What openssl says of a certificate, all CRLs of its chain being checked.</summary>
        internal async Task<string> VerifyAsync(string leaf, IReadOnlyList<string> names, params string[] more)
        {
            var crls = Path.Combine(_folder, "all.pem");
            var all = "";
            foreach (var name in names.Prepend("root")) all += await File.ReadAllTextAsync(await FetchAsync(name));
            await File.WriteAllTextAsync(crls, all);
            var run = await Tool.RunAsync("openssl",
                ["verify", "-x509_strict", "-crl_check_all", "-extended_crl", "-use_deltas", .. more, "-CRLfile", crls,
                "-CAfile", server.Pki("root.pem"), "-untrusted", server.Pki("issuing.pem"), leaf]);
            return run.Error + run.Output;
        }
    }
}
