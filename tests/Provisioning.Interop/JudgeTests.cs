using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Interop;

/// <summary>
/// Every kind of certificate and CRL that we issue, judged by openssl, zlint, GnuTLS and Python's cryptography, for every kind of
/// authority key.
/// </summary>
public sealed class JudgeTests
{
    // Rules for public web authorities and for mail do not bind a private authority for devices.
    private const string Foreign = "CABF_BR,CABF_EV,CABF_SMIME_BR,Apple,Mozilla,ETSI_ESI";

    [Theory]
    [InlineData("P256")]
    [InlineData("P384")]
    [InlineData("P521")]
    [InlineData("Rsa3072")]
    [InlineData("Rsa4096")]
    public async Task All_judges_accept_every_certificate_and_CRL(string algorithm)
    {
        await using var server = await ServerProcess.StartAsync(
            environment: new Dictionary<string, string> { ["Provisioning__Authority__KeyAlgorithm"] = algorithm });
        var folder = Directory.CreateDirectory(Path.Combine(server.DataDirectory, "judged")).FullName;
        var leaves = await CollectAsync(server, folder);

        foreach (var leaf in leaves) await OpensslAsync(server, leaf);
        string[] certificates = [server.Pki("root.pem"), server.Pki("issuing.pem"), .. leaves];
        foreach (var certificate in certificates)
        {
            await ZlintAsync(certificate);
            await Tool.CheckAsync("certtool", "--certificate-info", "--infile", certificate);
        }

        await GnutlsAsync(server, leaves);
        await PythonAsync(server, certificates);
        await CrlsAsync(server, folder);
    }

    [Fact]
    public async Task Openssl_tells_valid_revoked_held_and_released_apart_by_our_CRLs()
    {
        await using var server = await ServerProcess.StartAsync(
            environment: new Dictionary<string, string> { ["Provisioning__Crl__Delay"] = "00:00:00" });
        var folder = Directory.CreateDirectory(Path.Combine(server.DataDirectory, "judged")).FullName;
        using var administrator = Api.Client(server, "admin");
        var leaf = (await CollectAsync(server, folder))[0];
        using var certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(leaf));

        Assert.Contains("OK", await VerifyAsync(server, leaf, folder));
        await Api.RevokeAsync(administrator, certificate.SerialNumber, "certificateHold");
        await UntilCrlAsync(server, crl => crl.Contains(certificate.SerialNumber, StringComparison.Ordinal));
        Assert.Contains("certificate revoked", await VerifyAsync(server, leaf, folder));
        using (await administrator.DeleteAsync($"/api/v1/certificates/{certificate.SerialNumber}/revocation")) { }
        await UntilCrlAsync(server, crl => !crl.Contains(certificate.SerialNumber, StringComparison.Ordinal));
        Assert.Contains("OK", await VerifyAsync(server, leaf, folder));
        await Api.RevokeAsync(administrator, certificate.SerialNumber, "keyCompromise");
        await UntilCrlAsync(server, crl => crl.Contains("Key Compromise", StringComparison.Ordinal));
        Assert.Contains("certificate revoked", await VerifyAsync(server, leaf, folder));
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Openssl_s_client_agrees_on_TLS_and_verifies_the_server(string version)
    {
        await using var server = await ServerProcess.StartAsync();

        var run = await Tool.RunAsync("openssl",
            ["s_client", "-connect", $"localhost:{server.HttpsPort}", "-servername", "localhost", "-CAfile", server.Pki("root.pem"),
            "-verify_return_error", "-verify_hostname", "localhost", "-x509_strict", version],
            input: "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Contains("Verify return code: 0 (ok)", run.Output);
    }

    // A device of every kind of key, the line, the administrator, and the server itself.
    private static async Task<List<string>> CollectAsync(ServerProcess server, string folder)
    {
        using var registrar = Api.Client(server, "factory-line");
        var leaves = new List<string>();
        foreach (var kind in new[] { "P-256", "P-384", "P-521" })
        {
            using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName("nist" + kind.Replace("-", "", StringComparison.Ordinal)));
            var path = Path.Combine(folder, $"device-{kind}.pem");
            await File.WriteAllTextAsync(path, LeafOf(await Api.EnrollPemAsync(registrar, $"device-{kind}", key)));
            leaves.Add(path);
        }

        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=device-rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        using var response = await Api.EnrollAsync(registrar, "device-rsa", request);
        var rsaPath = Path.Combine(folder, "device-rsa.pem");
        await File.WriteAllTextAsync(rsaPath, LeafOf(await response.Content.ReadAsStringAsync()));
        leaves.Add(rsaPath);

        foreach (var name in new[] { "admin", "factory-line" })
        {
            var path = Path.Combine(folder, name + ".pem");
            await File.WriteAllTextAsync(path, LeafOf(await File.ReadAllTextAsync(server.Credential(name + ".pem"))));
            leaves.Add(path);
        }

        leaves.AddRange([server.Pki("server.pem"), server.Pki("ocsp-issuing.pem")]);
        return leaves;
    }

    internal static string LeafOf(string chain) => chain[..(chain.IndexOf("-----END CERTIFICATE-----", StringComparison.Ordinal) + 26)];

    internal static Task<string> OpensslAsync(ServerProcess server, string leaf) => Tool.CheckAsync(
        "openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", server.Pki("root.pem"), "-untrusted", server.Pki("issuing.pem"), leaf);

    // zlint leaves out what it is told to leave out only for certificates: for a CRL the rule is passed over here.
    internal static async Task ZlintAsync(string judged, string? except = null)
    {
        using var findings = JsonDocument.Parse(await Tool.CheckAsync("zlint", "-excludeSources", Foreign, judged));
        var objections = findings.RootElement.EnumerateObject()
            .Where(f => f.Name != except && f.Value.GetProperty("result").GetString() is "error" or "fatal" or "warn").Select(f => f.ToString());
        Assert.True(!objections.Any(), $"{judged}\n{string.Join("\n", objections)}");
    }

    internal static async Task GnutlsAsync(ServerProcess server, IEnumerable<string> leaves)
    {
        foreach (var leaf in leaves)
        {
            var chain = Path.ChangeExtension(leaf, ".chain");
            await File.WriteAllTextAsync(chain, await File.ReadAllTextAsync(leaf) + await File.ReadAllTextAsync(server.Pki("chain.pem")));
            var verdict = await Tool.CheckAsync("certtool", "--verify", "--load-ca-certificate", server.Pki("root.pem"), "--infile", chain);
            Assert.Contains("Chain verification output: Verified.", verdict);
            if (chain.StartsWith(server.Pki(""), StringComparison.Ordinal)) File.Delete(chain);
        }
    }

    internal static async Task PythonAsync(ServerProcess server, IEnumerable<string> certificates)
    {
        const string program = """
            import sys
            from cryptography import x509
            from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
            issuers = {}
            loaded = [x509.load_pem_x509_certificate(open(path, "rb").read()) for path in sys.argv[1:]]
            for certificate in loaded: issuers[certificate.subject] = certificate
            for certificate in loaded:
                key = issuers[certificate.issuer].public_key()
                signed = (certificate.signature, certificate.tbs_certificate_bytes)
                if isinstance(key, ec.EllipticCurvePublicKey): key.verify(*signed, ec.ECDSA(certificate.signature_hash_algorithm))
                else: key.verify(*signed, padding.PKCS1v15(), certificate.signature_hash_algorithm)
                certificate.extensions.get_extension_for_class(x509.KeyUsage)
                for extension in certificate.extensions: assert not isinstance(extension.value, x509.UnrecognizedExtension), extension
                assert certificate.version == x509.Version.v3
                print(certificate.subject.rfc4514_string())
            """;
        var run = await Tool.RunAsync("/usr/bin/python3", ["-", .. certificates], input: program);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.NotNull(server);
    }

    private static async Task CrlsAsync(ServerProcess server, string folder)
    {
        foreach (var authority in new[] { "root", "issuing" })
        {
            var path = Path.Combine(folder, authority + ".crl");
            var pem = Path.ChangeExtension(path, ".crl.pem");
            await Tool.CheckAsync("curl", "-sSf", "-o", path, $"{server.Http}/crl/{authority}.crl");
            await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", path, "-out", pem);
            var verdict = await Tool.RunAsync("openssl", ["crl", "-inform", "DER", "-in", path, "-CAfile", server.Pki(authority + ".pem"), "-noout"]);
            Assert.Contains("verify OK", verdict.Output + verdict.Error);
            Assert.Contains("Verified", await Tool.CheckAsync(
                "certtool", "--verify-crl", "--load-ca-certificate", server.Pki(authority + ".pem"), "--infile", pem));
            await ZlintAsync(pem);
        }
    }

    private static async Task<string> VerifyAsync(ServerProcess server, string leaf, string folder)
    {
        var crls = Path.Combine(folder, "all.crl.pem");
        await File.WriteAllTextAsync(crls, "");
        foreach (var authority in new[] { "root", "issuing" })
        {
            var path = Path.Combine(folder, "one.crl");
            await Tool.CheckAsync("curl", "-sSf", "-o", path, $"{server.Http}/crl/{authority}.crl");
            await File.AppendAllTextAsync(crls, await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", path));
        }

        var run = await Tool.RunAsync("openssl",
            ["verify", "-x509_strict", "-crl_check_all", "-CRLfile", crls, "-CAfile", server.Pki("root.pem"), "-untrusted", server.Pki("issuing.pem"), leaf]);
        return run.Output + run.Error;
    }

    private static async Task UntilCrlAsync(ServerProcess server, Func<string, bool> good)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var path = Path.Combine(server.DataDirectory, "polled.crl");
        do
        {
            await Tool.CheckAsync("curl", "-sSf", "-o", path, $"{server.Http}/crl/issuing.crl");
            if (good(await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", path, "-noout", "-text"))) return;
        }
        while (await timer.WaitForNextTickAsync(limit.Token));
    }
}
