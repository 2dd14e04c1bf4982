using System.Text.Json;

namespace Provisioning.Interop;

/// <summary>How <c>provisioning ca</c> comes to trust a service, and refuses to.</summary>
public sealed class CliTrustTests(CommandLine cli) : IClassFixture<CommandLine>
{
    [Fact]
    public async Task The_root_is_fetched_when_it_has_the_fingerprint_that_openssl_prints()
    {
        var printed = await Tool.CheckAsync(
            "openssl", "x509", "-in", cli.Server.Pki("root.pem"), "-noout", "-fingerprint", "-sha256");
        var fingerprint = printed.Trim().Split('=')[1];

        var run = await CommandLine.RunAsync(
            "ca", "--url", cli.Server.Https, "--fingerprint", fingerprint, "--out", cli.At("pinned.pem"));

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Empty(run.Output);
        Assert.Contains(fingerprint, run.Error, StringComparison.Ordinal);
        Assert.Equal(
            await Tool.CheckAsync("openssl", "x509", "-in", cli.Server.Pki("root.pem"), "-outform", "PEM"),
            await Tool.CheckAsync("openssl", "x509", "-in", cli.At("pinned.pem"), "-outform", "PEM"));
    }

    [Fact]
    public async Task Another_root_than_the_pinned_one_is_not_written()
    {
        var run = await CommandLine.RunAsync(
            "ca", "--url", cli.Server.Https, "--fingerprint", new string('0', 64), "--out", cli.At("wrong.pem"));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("fingerprint-mismatch: ", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(cli.At("wrong.pem")));
    }

    [Fact]
    public async Task Trust_on_first_use_has_to_be_said_aloud_and_shows_the_fingerprint()
    {
        var silent = await CommandLine.RunAsync("ca", "--url", cli.Server.Https);
        Assert.Equal(2, silent.ExitCode);
        Assert.Empty(silent.Output);

        var aloud = await CommandLine.RunAsync("ca", "--url", cli.Server.Https, "--insecure-first-fetch");
        Assert.True(aloud.ExitCode == 0, aloud.Error);
        Assert.StartsWith("-----BEGIN CERTIFICATE-----", aloud.Output, StringComparison.Ordinal);
        Assert.Matches("(?s)SHA-256 fingerprint.*([0-9A-F]{2}:){31}[0-9A-F]{2}", aloud.Error);
    }

    [Fact]
    public async Task The_chain_is_one_that_openssl_accepts_and_json_tells_the_same()
    {
        var run = await cli.TryAsync("ca", "--chain", "--json");

        var report = JsonDocument.Parse(run.Output).RootElement;
        await File.WriteAllTextAsync(cli.At("chain.pem"), report.GetProperty("pem").GetString(), Ct);
        await Tool.CheckAsync(
            "openssl", "verify", "-x509_strict", "-CAfile", cli.Server.Pki("root.pem"), cli.At("chain.pem"));
        Assert.Equal(64, report.GetProperty("sha256").GetString()!.Length);
    }

    [Fact]
    public async Task A_service_of_another_root_is_told_nothing()
    {
        await Tool.CheckAsync(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=other", "-keyout", cli.At("other.key"), "-out", cli.At("other.pem"));

        var run = await CommandLine.RunAsync(
            "devices", "--url", cli.Server.Https, "--ca", cli.At("other.pem"), "--timeout", "60");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("server-not-trusted: ", run.Error, StringComparison.Ordinal);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;
}
