using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop;

/// <summary>Answers from before a revocation, kept by somebody and shown again: openssl takes them for as long as they say, and not after.</summary>
public sealed class ReplayTests : IAsyncLifetime
{
    private ServerProcess _server = null!;
    private string _folder = null!;
    private string _leaf = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ServerProcess.StartAsync(environment: new Dictionary<string, string> { ["Provisioning__Crl__Delay"] = "00:00:00" });
        _folder = Directory.CreateDirectory(Path.Combine(_server.DataDirectory, "kept")).FullName;
        _leaf = Path.Combine(_folder, "pump-1.pem");
        using var registrar = Api.Client(_server, "factory-line");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(_leaf, JudgeTests.LeafOf(await Api.EnrollPemAsync(registrar, "pump-1", key)));
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task TM_22_An_OCSP_answer_is_refused_after_its_time_and_for_another_nonce()
    {
        var kept = await AskAsync("before");
        Assert.Contains("pump-1.pem: good", await JudgeAsync(kept, "-no_nonce"));
        await RevokeAsync();

        // Within its ten minutes, it can be shown to whoever does not ask with a nonce of its own.
        Assert.Contains("pump-1.pem: revoked", await JudgeAsync(await AskAsync("after"), "-no_nonce"));
        Assert.Contains("Nonce Verify error", await JudgeAsync(kept, "-nonce"));

        var later = await JudgeAsync(kept, "-no_nonce", "faketime", "-f", "+16m");
        Assert.Contains("Status times invalid", later);
        Assert.Contains("status expired", later);
    }

    [Fact]
    public async Task TM_22_A_CRL_is_refused_after_its_time_and_a_newer_one_says_so_by_its_number_and_its_time()
    {
        var kept = await CrlAsync("kept", _ => true);
        Assert.Contains(": OK", await VerifyAsync(kept, after: TimeSpan.Zero));
        await RevokeAsync();
        var serial = X509CertificateLoader.LoadCertificateFromFile(_leaf).SerialNumber;
        var fresh = await CrlAsync("fresh", text => text.Contains(serial, StringComparison.Ordinal));

        Assert.Contains("certificate revoked", await VerifyAsync(fresh, after: TimeSpan.Zero));
        Assert.Contains("CRL has expired", await VerifyAsync(kept, after: TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1)));
        Assert.True(await NumberAsync(fresh) > await NumberAsync(kept));
        Assert.True(await ThisUpdateAsync(fresh) >= await ThisUpdateAsync(kept));
    }

    private string[] About => ["-CAfile", _server.Pki("chain.pem"), "-issuer", _server.Pki("issuing.pem"), "-cert", _leaf];

    private async Task RevokeAsync()
    {
        using var administrator = Api.Client(_server, "admin");
        await Api.RevokeAsync(administrator, X509CertificateLoader.LoadCertificateFromFile(_leaf).SerialNumber, "keyCompromise");
    }

    private async Task<string> AskAsync(string name)
    {
        var response = Path.Combine(_folder, name + ".resp");
        await Tool.CheckAsync("openssl", ["ocsp", "-url", _server.Http + "/ocsp", "-respout", response, .. About]);
        return response;
    }

    private async Task<string> JudgeAsync(string response, string nonce, params string[] clock)
    {
        string[] line = [.. clock, "openssl", "ocsp", nonce, "-respin", response, .. About];
        var run = await Tool.RunAsync(line[0], line[1..]);
        return run.Output + run.Error;
    }

    private async Task<string> CrlAsync(string name, Func<string, bool> good)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var path = Path.Combine(_folder, name + ".crl");
        do
        {
            var got = await Tool.RunAsync("curl", ["-sSf", "-o", path, _server.Http + "/crl/issuing.crl"]);
            if (got.ExitCode == 0 && good(await ReadAsync(path, "-text"))) return path;
        }
        while (await timer.WaitForNextTickAsync(limit.Token));
        throw new InvalidOperationException("The CRL did not come.");
    }

    private async Task<string> VerifyAsync(string crl, TimeSpan after)
    {
        await Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", crl, "-out", crl + ".pem");
        var at = (DateTimeOffset.UtcNow + after).ToUnixTimeSeconds();
        var run = await Tool.RunAsync(
            "openssl", ["verify", "-x509_strict", "-crl_check", "-attime", $"{at}", "-CRLfile", crl + ".pem", "-CAfile", _server.Pki("root.pem"),
            "-untrusted", _server.Pki("issuing.pem"), _leaf]);
        return run.Output + run.Error;
    }

    private static async Task<long> NumberAsync(string crl) =>
        Convert.ToInt64((await ReadAsync(crl, "-crlnumber")).Trim().Split("0x")[^1], 16);

    private static async Task<DateTimeOffset> ThisUpdateAsync(string crl) => DateTimeOffset.ParseExact(
        (await ReadAsync(crl, "-lastupdate")).Trim().Split('=')[1].Replace("  ", " ", StringComparison.Ordinal), "MMM d HH:mm:ss yyyy GMT",
        System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);

    private static Task<string> ReadAsync(string crl, string what) => Tool.CheckAsync("openssl", "crl", "-inform", "DER", "-in", crl, "-noout", what);
}
