namespace Provisioning.Interop.Est;

/// <summary>EST with nothing but curl and openssl, as a shell script on a gateway does it; and three foreign parsers for what comes.</summary>
public sealed class CurlTests(EstHouse house) : IClassFixture<EstHouse>
{
    // A token carries its group, so that it works without the label too.
    public static TheoryData<string?> Labels => [(string?)null, EstHouse.Group];

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task The_authorities_are_read_by_openssl_GnuTLS_and_Python(string? label)
    {
        var message = await GetAsync("cacerts", label);

        var pem = await CertificatesAsync(message);
        Assert.Equal(2, pem.Split("BEGIN CERTIFICATE").Length - 1);
        foreach (var file in (string[])["root.pem", "issuing.pem"])
            Assert.Contains((await File.ReadAllTextAsync(house.Server.Pki(file))).Trim(), pem, StringComparison.Ordinal);
        Assert.Contains("Number of certificates: 2", await Tool.CheckAsync("certtool", "--p7-info", "--inder", "--infile", message), StringComparison.Ordinal);
        Assert.Equal("2", await PythonAsync(message));
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task The_attributes_are_DER_to_openssl(string? label)
    {
        var der = await GetAsync("csrattrs", label);

        var text = await Tool.CheckAsync("openssl", "asn1parse", "-inform", "DER", "-in", der);

        foreach (var name in (string[])["id-ecPublicKey", "prime256v1", "rsaEncryption", "ecdsa-with-SHA256", "Extension Request", "X509v3 Extended Key Usage"])
            Assert.Contains(name, text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task A_device_enrolls_with_a_token_and_renews_with_its_certificate(string? label)
    {
        var device = await house.NewDeviceAsync();

        // Wrapped by openssl, as a script has it.
        await Tool.CheckAsync("openssl", "base64", "-in", house.At(device + ".der"), "-out", house.At(device + ".b64"));
        var enrolled = await PostAsync("simpleenroll", label, device, "--user", "device:" + await house.CreateTokenAsync());
        await File.WriteAllTextAsync(house.At(device + ".pem"), await CertificatesAsync(enrolled));
        await house.VerifyAsync(house.At(device + ".pem"), device);
        Assert.Equal("1", await PythonAsync(enrolled));

        // On one line, with a key of another kind.
        var next = device + "-next";
        await house.NewRequestAsync(device, next, "RSA", "-pkeyopt", "rsa_keygen_bits:2048");
        await Tool.CheckAsync("openssl", "base64", "-A", "-in", house.At(next + ".der"), "-out", house.At(next + ".b64"));
        var renewed = await PostAsync(
            "simplereenroll", label, next, "--cert", house.At(device + ".pem"), "--key", house.At(device + ".key"));
        await File.WriteAllTextAsync(house.At(next + ".pem"), await CertificatesAsync(renewed));
        await house.VerifyAsync(house.At(next + ".pem"), device);

        // Shown, it is the one that counts.
        await Tool.CheckAsync(
            "curl", "-sSf", "--cacert", house.Server.Pki("root.pem"), "--cert", house.At(next + ".pem"), "--key", house.At(next + ".key"),
            house.Server.Https + "/api/v1/self");
        Assert.Equal(["current", "superseded"], (await house.StatesAsync(device)).Order());
    }

    [Theory]
    [InlineData("--tlsv1.2", "--tls-max", "1.2")]
    [InlineData("--tlsv1.3")]
    [InlineData("--http1.0", "--no-alpn")]
    [InlineData("-HTransfer-Encoding: chunked")]
    [InlineData("-HExpect: 100-continue")]
    public async Task It_works_however_curl_sends_it(params string[] how)
    {
        var device = await house.NewDeviceAsync();
        await Tool.CheckAsync("openssl", "base64", "-in", house.At(device + ".der"), "-out", house.At(device + ".b64"));

        var enrolled = await PostAsync("simpleenroll", EstHouse.Group, device, ["--user", "device:" + await house.CreateTokenAsync(), .. how]);

        await File.WriteAllTextAsync(house.At(device + ".pem"), await CertificatesAsync(enrolled));
        await house.VerifyAsync(house.At(device + ".pem"), device);
    }

    [Fact]
    public async Task A_refusal_is_a_line_that_a_script_can_show()
    {
        var device = await house.NewDeviceAsync();
        await Tool.CheckAsync("openssl", "base64", "-in", house.At(device + ".der"), "-out", house.At(device + ".b64"));

        var said = await Tool.CheckAsync(
            "curl", "-sS", "-w", "%{http_code}", "--cacert", house.Server.Pki("root.pem"), "--data-binary", "@" + house.At(device + ".b64"),
            "-H", "Content-Type: application/pkcs10", "--user", "device:wrong", house.Url("simpleenroll", EstHouse.Group));

        Assert.Matches("^bad-token: [^\n]+\n401$", said);
    }

    [Theory]
    [InlineData(null, "EC", "-pkeyopt", "ec_paramgen_curve:P-256")]
    [InlineData(EstHouse.Keyless, "EC", "-pkeyopt", "ec_paramgen_curve:P-384")]
    [InlineData(EstHouse.Keyless, "RSA", "-pkeyopt", "rsa_keygen_bits:2048")]
    public async Task A_key_that_is_made_here_comes_out_of_its_part_with_awk_and_openssl(string? label, params string[] kind)
    {
        var device = await house.NewDeviceAsync(kind);
        await Tool.CheckAsync("openssl", "base64", "-in", house.At(device + ".der"), "-out", house.At(device + ".b64"));
        var (head, answer) = (house.At(device + ".head"), house.At(device + ".parts"));

        await Tool.CheckAsync(
            "curl", "-sSf", "--cacert", house.Server.Pki("root.pem"), "-H", "Content-Type: application/pkcs10", "--data-binary", "@" + house.At(device + ".b64"),
            "--user", "device:" + await house.CreateTokenAsync(EstHouse.Keyless), "-D", head, "-o", answer, house.Url("serverkeygen", label));

        var parts = await PartsAsync(head, answer);
        Assert.Equal(["application/pkcs8", "application/pkcs7-mime; smime-type=certs-only"], parts);
        await File.WriteAllTextAsync(house.At(device + ".pem"), await CertificatesAsync(await DecodeAsync(answer + ".2")));
        await house.VerifyAsync(house.At(device + ".pem"), device);
        var key = await Tool.CheckAsync("openssl", "pkey", "-inform", "DER", "-in", await DecodeAsync(answer + ".1"), "-check", "-pubout");
        var certified = await Tool.CheckAsync("openssl", "x509", "-in", house.At(device + ".pem"), "-noout", "-pubkey");
        Assert.EndsWith(certified, key, StringComparison.Ordinal);
        Assert.NotEqual(certified, await Tool.CheckAsync("openssl", "pkey", "-in", house.At(device + ".key"), "-pubout"));
    }

    [Theory]
    [MemberData(nameof(Labels))]
    public async Task Full_CMC_is_said_not_to_be_there(string? label)
    {
        var said = await Tool.CheckAsync(
            "curl", "-sS", "-w", "%{http_code} %{content_type}", "--cacert", house.Server.Pki("root.pem"), "--data-binary", "AAAA",
            "-H", "Content-Type: application/pkcs7-mime; smime-type=CMC-request", house.Url("fullcmc", label));

        Assert.Matches("^not-implemented: [^\n]+\n501 text/plain; charset=utf-8$", said);
    }

    // Python's ssl, which takes tls-unique from OpenSSL itself, judges what the service takes for it.
    [Fact]
    public async Task A_request_is_bound_to_its_TLS_session_as_Python_sees_it()
    {
        const string program = """
            import base64, http.client, ssl, sys
            from cryptography import x509
            from cryptography.hazmat.primitives import hashes, serialization
            from cryptography.hazmat.primitives.asymmetric import ec
            from cryptography.x509.oid import AttributeOID, NameOID
            port, root, token = sys.argv[1:4]
            context = ssl.create_default_context(cafile=root)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            key = ec.generate_private_key(ec.SECP256R1())
            def ask(connection, unique):
                name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bound-1")])
                builder = x509.CertificateSigningRequestBuilder().subject_name(name)
                builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, base64.b64encode(unique))
                csr = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
                connection.request("POST", "/.well-known/est/bound/simpleenroll", base64.b64encode(csr), {
                    "Content-Type": "application/pkcs10",
                    "Authorization": "Basic " + base64.b64encode(b"device:" + token.encode()).decode()})
                answer = connection.getresponse()
                print(answer.status, answer.read().decode().split(":")[0][:20])
            first, second = (http.client.HTTPSConnection("localhost", int(port), context=context) for _ in range(2))
            first.connect(), second.connect()
            uniques = [one.sock.get_channel_binding("tls-unique") for one in (first, second)]
            ask(first, uniques[1])
            ask(first, uniques[0])
            """;
        var run = await Tool.RunAsync(
            "/usr/bin/python3",
            ["-", house.Server.HttpsPort.ToString(), house.Server.Pki("root.pem"), await house.CreateTokenAsync(EstHouse.Bound)], input: program);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Matches("^400 channel-binding\n200 MII", run.Output);
    }

    private async Task<string> GetAsync(string operation, string? label)
    {
        var file = house.At($"{operation}-{label}.b64");
        await Tool.CheckAsync("curl", "-sSf", "--cacert", house.Server.Pki("root.pem"), "-o", file, house.Url(operation, label));
        return await DecodeAsync(file);
    }

    private async Task<string> PostAsync(string operation, string? label, string name, params string[] how)
    {
        var file = house.At(name + ".answer");
        await Tool.CheckAsync(
            "curl",
            [
                "-sSf", "--cacert", house.Server.Pki("root.pem"), "-H", "Content-Type: application/pkcs10", "--data-binary", "@" + house.At(name + ".b64"),
                "-o", file, .. how, house.Url(operation, label),
            ]);
        return await DecodeAsync(file);
    }

    // The bodies go into files beside the answer; what is returned are their types.
    private static async Task<string[]> PartsAsync(string head, string answer)
    {
        const string program = """
            { sub(/\r$/, "") }
            FNR == NR { if (match($0, /^[Cc]ontent-[Tt]ype: multipart\/mixed; *boundary=/)) boundary = "--" substr($0, RLENGTH + 1); next }
            index($0, boundary) == 1 { part++; inside = 0; next }
            inside { print >(out "." part); next }
            tolower($0) ~ /^content-type: / { print substr($0, 15) }
            $0 == "" { inside = 1 }
            """;
        return (await Tool.CheckAsync("awk", "-v", "out=" + answer, program, head, answer)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    // Without -A: openssl reads lines as libest does, and those only up to a length.
    private static async Task<string> DecodeAsync(string file)
    {
        await Tool.CheckAsync("openssl", "base64", "-d", "-in", file, "-out", file + ".der");
        return file + ".der";
    }

    private static async Task<string> CertificatesAsync(string message) =>
        await Tool.CheckAsync("openssl", "pkcs7", "-inform", "DER", "-in", message, "-print_certs");

    private static async Task<string> PythonAsync(string message)
    {
        const string program = """
            import sys
            from cryptography.hazmat.primitives.serialization import pkcs7
            print(len(pkcs7.load_der_pkcs7_certificates(open(sys.argv[1], "rb").read())))
            """;
        var run = await Tool.RunAsync("/usr/bin/python3", ["-", message], input: program);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output.Trim();
    }
}
