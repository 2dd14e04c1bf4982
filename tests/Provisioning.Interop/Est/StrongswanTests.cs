using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.Est;

/// <summary>
/// strongSwan's <c>pki</c> as an EST client, with its own TLS and its own parsers. Debian 12 has 5.9.8: it reads one line of base64 only, and
/// knows no labels; what stands behind the host in its URL it sends before <c>/.well-known/est</c>, so a token has to carry the group.
/// </summary>
public sealed class StrongswanTests(EstHouse house) : IClassFixture<EstHouse>
{
    [Fact]
    public async Task It_gets_the_authorities()
    {
        var template = house.At("ca.pem");

        await RunAsync("--estca", "--caout", template, "--outform", "pem", "--force");

        // One file for each: the root under the name that was asked for, the others with a number.
        var all = Directory.GetFiles(house.Folder, "ca*.pem").Select(file => Convert.ToHexString(X509CertificateLoader.LoadCertificateFromFile(file).RawData));
        var ours = new X509Certificate2Collection();
        ours.ImportFromPemFile(house.Server.Pki("chain.pem"));
        ours.ImportFromPemFile(house.Server.Pki("root.pem"));
        Assert.Equal(ours.Select(one => Convert.ToHexString(one.RawData)).Distinct().Order(), all.Order());
    }

    [Theory]
    [InlineData("EC")]
    [InlineData("RSA")]
    public async Task It_enrolls_with_a_token_and_renews_with_the_certificate(string kind)
    {
        var device = await (kind == "EC" ? house.NewDeviceAsync() : house.NewDeviceAsync("RSA", "-pkeyopt", "rsa_keygen_bits:4096"));
        var token = await house.CreateTokenAsync();

        await EnrollAsync(device, device, "--userpass", "device:" + token);
        await house.VerifyAsync(house.At(device + ".pem"), device);
        var first = await File.ReadAllTextAsync(house.At(device + ".pem"));

        // The same request again, as after a power cut: the same certificate.
        await EnrollAsync(device, device, "--userpass", "device:" + token);
        Assert.Equal(first, await File.ReadAllTextAsync(house.At(device + ".pem")));

        await house.NewRequestAsync(device, device + "-next");
        await EnrollAsync(device, device + "-next", "--cert", house.At(device + ".pem"), "--key", house.At(device + ".key"));
        await house.VerifyAsync(house.At(device + "-next.pem"), device);
        Assert.Equal(["current", "issued"], (await house.StatesAsync(device)).Order());

        // Shown, the next one is the one that counts; and it is renewed in its turn.
        await EnrollAsync(device, device + "-next", "--cert", house.At(device + "-next.pem"), "--key", house.At(device + "-next.key"));
        Assert.Equal(["current", "issued", "superseded"], (await house.StatesAsync(device)).Order());
    }

    [Fact]
    public async Task It_polls_until_an_administrator_has_approved()
    {
        var device = await house.NewDeviceAsync();
        var enrolling = EnrollAsync(
            device, device, "--userpass", "device:" + await house.CreateTokenAsync(EstHouse.Manual), "--interval", "1", "--maxpolltime", "300");

        await house.ApproveAsync(device);

        // No sooner than Retry-After said.
        Assert.Contains("going to sleep for", await enrolling, StringComparison.Ordinal);
        await house.VerifyAsync(house.At(device + ".pem"), device);
    }

    [Fact]
    public async Task It_is_told_what_is_wrong_with_a_password()
    {
        var device = await house.NewDeviceAsync();
        var run = await Tool.RunAsync("pki", ["--est", .. Common, "--in", house.At(device + ".csr"), "--userpass", "device:wrong"]);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("HTTP 401", run.Error, StringComparison.Ordinal);
        Assert.Empty(await house.StatesAsync(device));
    }

    private string[] Common => ["--url", house.Server.Https, "--cacert", house.Server.Pki("root.pem")];

    // The certificate comes on the standard output, as DER.
    private async Task<string> EnrollAsync(string device, string file, params string[] credential)
    {
        const string program = "exec pki --est \"$@\"";
        var der = house.At(file + ".got");
        var run = await Tool.RunAsync(
            "sh", ["-c", program + " > " + der, "pki", .. Common, "--cacert", house.Server.Pki("issuing.pem"), "--in", house.At(file + ".csr"), .. credential]);
        Assert.True(run.ExitCode == 0, $"{device}: {run.Error}");
        await Tool.CheckAsync("openssl", "x509", "-inform", "DER", "-in", der, "-out", house.At(file + ".pem"));
        return run.Error;
    }

    private Task<string> RunAsync(string verb, params string[] arguments) => Tool.CheckAsync("pki", [verb, .. Common, .. arguments]);
}
