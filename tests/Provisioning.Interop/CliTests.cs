using System.Text.Json;

namespace Provisioning.Interop;

public sealed class CliTests(CommandLine cli) : IClassFixture<CommandLine>
{
    [Fact]
    public async Task An_enrolled_device_has_a_pair_that_openssl_accepts_and_that_works()
    {
        var report = await cli.DoAsync("enroll", "cli-enroll", "--out", cli.Folder, "--attribute", "batch=7");

        Assert.Equal("cli-enroll", report.GetProperty("deviceId").GetString());
        var (certificate, key) = (cli.At("cli-enroll.pem"), cli.At("cli-enroll.key"));
        Assert.Equal(
            await Tool.CheckAsync("openssl", "x509", "-in", certificate, "-noout", "-pubkey"),
            await Tool.CheckAsync("openssl", "pkey", "-in", key, "-pubout"));
        var root = cli.Server.Pki("root.pem");
        await Tool.CheckAsync(
            "openssl", "verify", "-x509_strict", "-CAfile", root, "-untrusted", certificate, certificate);
        Assert.Equal("600", (await Tool.CheckAsync("stat", "-c", "%a", key)).Trim());
        Assert.Equal(0, (await cli.AsDeviceAsync("cli-enroll", "renew", "--if-due")).ExitCode);
    }

    [Fact]
    public async Task Enrolling_again_gives_the_same_certificate_and_leaves_the_key()
    {
        var first = await cli.EnrollAsync("cli-again");
        var key = await File.ReadAllTextAsync(cli.At("cli-again.key"), Ct);

        Assert.Equal(first, await cli.EnrollAsync("cli-again"));
        Assert.Equal(key, await File.ReadAllTextAsync(cli.At("cli-again.key"), Ct));
        Assert.Equal([first], (await cli.StatesAsync("cli-again")).Keys);
    }

    [Fact]
    public async Task Another_key_for_an_enrolled_device_is_refused_with_3_and_the_old_pair_stays()
    {
        await cli.EnrollAsync("cli-bound");
        var key = await File.ReadAllTextAsync(cli.At("cli-bound.key"), Ct);

        var run = await cli.TryAsync(["enroll", "cli-bound", "--force", "--out", cli.Folder, "--json", .. FactoryLine]);

        Assert.Equal(3, run.ExitCode);
        Assert.Equal("device-already-bound", CodeOf(run));
        Assert.Equal(key, await File.ReadAllTextAsync(cli.At("cli-bound.key"), Ct));
    }

    [Fact]
    public async Task A_request_made_elsewhere_is_enrolled_with_a_credential_in_PKCS12()
    {
        await Tool.CheckAsync(
            "openssl", "req", "-new", "-newkey", "rsa:3072", "-nodes", "-subj", "/CN=cli-csr",
            "-keyout", cli.At("elsewhere.key"), "-out", cli.At("elsewhere.csr"), "-outform", "DER");

        var run = await cli.TryAsync(
            "enroll", "cli-csr", "--csr", cli.At("elsewhere.csr"), "--out", cli.Folder,
            "--p12", cli.Server.Credential("factory-line.p12"));

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("cli-csr is enrolled.", run.Output, StringComparison.Ordinal);
        Assert.Equal(
            await Tool.CheckAsync("openssl", "x509", "-in", cli.At("cli-csr.pem"), "-noout", "-pubkey"),
            await Tool.CheckAsync("openssl", "pkey", "-in", cli.At("elsewhere.key"), "-pubout"));
        Assert.False(File.Exists(cli.At("cli-csr.key")));
    }

    [Fact]
    public async Task A_renewal_gives_a_new_pair_that_takes_over_when_it_is_used()
    {
        var old = await cli.EnrollAsync("cli-renew");
        var key = await File.ReadAllTextAsync(cli.At("cli-renew.key"), Ct);

        var renewed = await RenewAsync("cli-renew");

        Assert.NotEqual(old, renewed);
        Assert.NotEqual(key, await File.ReadAllTextAsync(cli.At("cli-renew.key"), Ct));
        Assert.Equal("issued", (await cli.StatesAsync("cli-renew"))[renewed]);

        // Shows the new certificate for the first time.
        var early = await cli.AsDeviceAsync("cli-renew", "renew", "--if-due", "--json");
        Assert.False(JsonDocument.Parse(early.Output).RootElement.GetProperty("renewed").GetBoolean());
        var states = await cli.StatesAsync("cli-renew");
        Assert.Equal(("superseded", "current"), (states[old], states[renewed]));
    }

    [Fact]
    public async Task A_renewal_can_keep_the_key()
    {
        var old = await cli.EnrollAsync("cli-same-key");
        var key = await File.ReadAllTextAsync(cli.At("cli-same-key.key"), Ct);

        Assert.NotEqual(old, await RenewAsync("cli-same-key", "--same-key"));
        Assert.Equal(key, await File.ReadAllTextAsync(cli.At("cli-same-key.key"), Ct));
    }

    [Fact]
    public async Task A_held_device_cannot_renew_until_it_is_released_and_a_revoked_one_never_again()
    {
        await cli.EnrollAsync("cli-revoke");
        await RenewAsync("cli-revoke");
        await cli.AsDeviceAsync("cli-revoke", "renew", "--if-due");

        var held = (await cli.DoAsync("revoke", "--device", "cli-revoke", "--hold")).GetProperty("items");
        Assert.Equal(["held"], held.EnumerateArray().Select(one => one.GetProperty("state").GetString()));
        await RefusedAsync("certificate-on-hold");

        await cli.DoAsync("revoke", "--device", "cli-revoke", "--release");
        var current = await RenewAsync("cli-revoke");

        await cli.DoAsync("revoke", current, "--reason", "superseded");
        await RefusedAsync("certificate-revoked");
        await cli.DoAsync("revoke", "--device", "cli-revoke", "--reason", "keyCompromise");
        Assert.All((await cli.StatesAsync("cli-revoke")).Values, state => Assert.Equal("revoked", state));

        async Task RefusedAsync(string code)
        {
            var run = await cli.AsDeviceAsync("cli-revoke", "renew", "--json");
            Assert.Equal((4, code), (run.ExitCode, CodeOf(run)));
        }
    }

    [Fact]
    public async Task A_certificate_that_is_revoked_for_another_reason_or_not_on_hold_is_refused_with_3()
    {
        var serial = await cli.EnrollAsync("cli-refused");
        await cli.DoAsync("revoke", serial, "--reason", "privilegeWithdrawn");

        await RefusedAsync("--reason=superseded", "already-revoked");
        await RefusedAsync("--release", "not-on-hold");

        async Task RefusedAsync(string way, string code)
        {
            var run = await cli.TryAsync(["revoke", serial, way, "--json", .. Administrator]);
            Assert.Equal((3, code), (run.ExitCode, CodeOf(run)));
        }
    }

    [Fact]
    public async Task Devices_are_listed_shown_and_remembered()
    {
        foreach (var number in Enumerable.Range(1, 3))
            await cli.DoAsync("enroll", $"cli-list-{number}", "--out", cli.Folder, "--attribute", $"number={number}");

        var listed = await cli.DoAsync("devices", "--prefix", "cli-list-", "--state", "active", "--limit", "2");
        Assert.Equal(["cli-list-1", "cli-list-2"], listed.GetProperty("items").EnumerateArray().Select(DeviceId));
        var shown = await cli.DoAsync("devices", "show", "cli-list-3");
        Assert.Equal("3", shown.GetProperty("attributes").GetProperty("number").GetString());
        Assert.NotEmpty((await cli.DoAsync("devices", "history", "cli-list-3")).GetProperty("items").EnumerateArray());

        var table = await cli.TryAsync(["devices", "--prefix", "cli-list-", .. Administrator]);
        Assert.Matches(@"^DEVICE +STATE +CREATED +ATTRIBUTES\ncli-list-1 +active +\S+ \S+Z +number=1\n", table.Output);
        var history = await cli.TryAsync(["devices", "history", "cli-list-3", .. Administrator]);
        Assert.Contains("factory-line", history.Output, StringComparison.Ordinal);

        static string? DeviceId(JsonElement device) => device.GetProperty("deviceId").GetString();
    }

    [Fact]
    public async Task A_caller_without_the_right_or_without_a_credential_ends_with_4()
    {
        var wrong = await cli.TryAsync(["devices", "--json", .. FactoryLine]);
        Assert.Equal((4, "not-allowed"), (wrong.ExitCode, CodeOf(wrong)));
        var none = await cli.TryAsync("devices", "--json");
        Assert.Equal((4, "no-credential"), (none.ExitCode, CodeOf(none)));
    }

    [Fact]
    public async Task What_does_not_exist_ends_with_6()
    {
        var device = await cli.TryAsync(["devices", "show", "cli-nobody", .. Administrator]);
        Assert.Equal(6, device.ExitCode);
        Assert.StartsWith("not-found: ", device.Error, StringComparison.Ordinal);
        Assert.Equal(6, (await cli.TryAsync(["revoke", "00AB", .. Administrator])).ExitCode);
        Assert.Equal(6, (await cli.TryAsync(["revoke", "--device", "cli-nobody", .. Administrator])).ExitCode);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string[] Administrator => Pair("admin");

    private string[] FactoryLine => Pair("factory-line");

    private static string? CodeOf(Tool run) =>
        JsonDocument.Parse(run.Error).RootElement.GetProperty("error").GetProperty("code").GetString();

    private string[] Pair(string name) =>
        ["--cert", cli.Server.Credential(name + ".pem"), "--key", cli.Server.Credential(name + ".key")];

    private async Task<string> RenewAsync(string deviceId, params string[] options)
    {
        var run = await cli.AsDeviceAsync(deviceId, ["renew", "--json", .. options]);
        Assert.True(run.ExitCode == 0, run.Error);
        return CommandLine.Serial(JsonDocument.Parse(run.Output).RootElement);
    }
}
