using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Provisioning.Interop.Samples;

/// <summary>samples/firmware-c with <c>--est</c>: the same life over Enrollment over Secure Transport, against the real server.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed partial class FirmwareEstTests(FirmwareBuild firmware)
{
    private const int Usage = 1, Waits = 3, Refused = 5, Killed = 128 + 9;

    [Fact]
    public async Task A_device_enrolls_under_the_line_s_certificate_and_renews_within_64_KB_of_heap()
    {
        var store = firmware.NewStore();
        var enrolled = await firmware.EnrollAsync(firmware.Plain, "firmware-est", store, "--est", "--label", "default");
        FirmwareBuild.Check(0, enrolled);
        var first = await firmware.CurrentAsync("firmware-est", store);

        var renewed = await firmware.RenewAsync(firmware.Plain, store, "--est");
        FirmwareBuild.Check(0, renewed);
        var second = await firmware.CurrentAsync("firmware-est", store);

        Assert.Equal([(second, "current"), (first, "superseded")], await firmware.CertificatesOfAsync("firmware-est"));
        Assert.InRange(FirmwareBuild.HeapPeak(enrolled), 1, 65536);
        Assert.InRange(FirmwareBuild.HeapPeak(renewed), 1, 65536);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"heap peak: enroll {FirmwareBuild.HeapPeak(enrolled)}, renew {FirmwareBuild.HeapPeak(renewed)} bytes");
    }

    [Fact]
    public async Task A_device_with_a_token_and_no_certificate_enrolls_once_and_nothing_leaks()
    {
        var store = firmware.NewStore();
        var token = await firmware.TokenAsync("firmware-token");
        FirmwareBuild.Check(0, await firmware.EnrollWithTokenAsync(firmware.Sanitized, "firmware-token", store, token, "--label", "firmware-token"));
        await firmware.CurrentAsync("firmware-token", store);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store, "--est", "--label", "firmware-token"));
        await firmware.CurrentAsync("firmware-token", store);

        var clone = await firmware.EnrollWithTokenAsync(firmware.Sanitized, "firmware-token", firmware.NewStore(), token);
        FirmwareBuild.Check(Refused, clone);
        Assert.Contains("refused: 409 device-already-bound", clone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_none_is_refused()
    {
        var file = await firmware.WriteAsync("PVT1.0123456789ABCDEF.0123456789ABCDEF0123456789ABCDEF\r\n");
        var run = await firmware.EnrollWithTokenAsync(firmware.Sanitized, "firmware-no-token", firmware.NewStore(), file);
        FirmwareBuild.Check(Refused, run);
        Assert.Contains("refused: 401 bad-token", run.Error, StringComparison.Ordinal);
    }

    public static TheoryData<string> NoTokens { get; } = ["", "\n", "two words\n", "one\ntwo\n", "PVT1.ÄÖÜ", new string('A', 129)];

    [Theory]
    [MemberData(nameof(NoTokens))]
    public async Task A_file_that_holds_no_token_is_not_sent(string content)
    {
        var run = await firmware.EnrollWithTokenAsync(firmware.Sanitized, "firmware-no-file", firmware.NewStore(), await firmware.WriteAsync(content));
        FirmwareBuild.Check(Usage, run);
        Assert.Contains("is not a token", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_may_come_through_a_pipe_and_in_pieces()
    {
        var store = firmware.NewStore();
        var file = await firmware.TokenAsync("firmware-pipe");
        var pipe = file + ".pipe";
        await Tool.CheckAsync("mkfifo", pipe);
        var wholeToken = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);

        // The pause lets a program that reads once be caught; one that reads to the end does not care.
        var writing = Tool.RunAsync("sh", ["-c", "{ printf %s \"$1\"; sleep 0.3; printf '%s\\n' \"$2\"; } >\"$3\"", "sh", wholeToken[..20], wholeToken[20..].Trim(), pipe]);
        FirmwareBuild.Check(0, await firmware.EnrollWithTokenAsync(firmware.Sanitized, "firmware-pipe", store, pipe));
        Assert.Equal(0, (await writing).ExitCode);
        await firmware.CurrentAsync("firmware-pipe", store);
    }

    [Theory]
    [InlineData("token")]
    [InlineData("ca")]
    public async Task A_file_that_cannot_be_read_is_told_with_the_reason(string file)
    {
        var token = await firmware.WriteAsync("PVT1.0123456789ABCDEF.0123456789ABCDEF0123456789ABCDEF\n");
        foreach (var (path, reason) in new[] { ("/nonexistent", "No such file or directory"), ("/tmp", "Is a directory") })
        {
            var run = await FirmwareBuild.RunAsync(
                firmware.Sanitized,
                [
                    "enroll", "--est", "--attended", "--url", firmware.Server.Https, "--ca", file == "ca" ? path : firmware.Server.Pki("root.pem"),
                    "--token-file", file == "token" ? path : token, "--device", "firmware-no-file", "--store", firmware.NewStore(),
                ]);
            FirmwareBuild.Check(Usage, run);
            Assert.Contains($"{path}: cannot be read", run.Error, StringComparison.Ordinal);
            Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("renew", "--label", "default")]
    [InlineData("enroll", "--device", "firmware-usage", "--token-file", "/dev/null")]
    [InlineData("renew", "--device", "firmware-usage")]
    [InlineData("renew", "--cert", "/dev/null", "--key", "/dev/null")]
    [InlineData("renew", "--est", "--token-file", "/dev/null")]
    [InlineData("enroll", "--est", "--device", "firmware-usage", "--token-file", "/dev/null", "--keep-key")]
    [InlineData("enroll", "--est", "--device", "firmware-usage", "--token-file", "/dev/null", "--if-due")]
    [InlineData("status")]
    [InlineData("enroll", "--est", "--device", "firmware-usage")]
    [InlineData("enroll", "--est", "--device", "firmware-usage", "--cert", "/dev/null")]
    [InlineData("enroll", "--est", "--device", "firmware-usage", "--token-file", "/dev/null", "--label", "a/b")]
    public async Task What_does_not_go_together_or_would_be_ignored_is_refused(string command, params string[] options) => FirmwareBuild.Check(
        Usage,
        await FirmwareBuild.RunAsync(
            firmware.Sanitized,
            [command, "--url", firmware.Server.Https, "--ca", firmware.Server.Pki("root.pem"), "--store", firmware.NewStore(), .. options]));

    public static TheoryData<string> PowerCuts { get; } =
        ["key-made", "after-rename", "request-sent", "answered", "page-written:3", "after-rename:2", "request-sent:2", "confirmed", "promoted"];

    [Theory]
    [MemberData(nameof(PowerCuts))]
    public async Task After_a_power_cut_a_token_that_is_good_once_gives_one_identity_that_works(string point)
    {
        var device = "firmware-est-" + point.Replace(':', '-');
        var store = firmware.NewStore();
        var token = await firmware.TokenAsync(device);
        var cut = ("FIRMWARE_FAIL_AT", point);
        FirmwareBuild.Check(Killed, await firmware.EnrollWithTokenAsync(firmware.Failpoints, device, store, token, [], cut));
        FirmwareBuild.Check(0, await firmware.EnrollWithTokenAsync(firmware.Failpoints, device, store, token));
        var first = await firmware.CurrentAsync(device, store);
        Assert.Single(await firmware.CertificatesOfAsync(device));

        FirmwareBuild.Check(Killed, await firmware.RenewAsync(firmware.Failpoints, store, ["--est"], cut));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Failpoints, store, "--est"));
        Assert.NotEqual(first, await firmware.CurrentAsync(device, store));
        Assert.Equal(point == "promoted" ? 3 : 2, (await firmware.CertificatesOfAsync(device)).Length);
    }

    [Fact]
    public async Task Until_the_service_says_when_to_renew_it_is_after_60_percent_of_the_certificate_s_life()
    {
        var store = firmware.NewStore();
        var token = await firmware.TokenAsync("firmware-est-due");
        FirmwareBuild.Check(
            Killed, await firmware.EnrollWithTokenAsync(firmware.Failpoints, "firmware-est-due", store, token, [], ("FIRMWARE_FAIL_AT", "after-rename:2")));
        var before = await StatusAsync(store);
        var (from, until) = (Time(before, "valid from"), Time(before, "valid until"));
        Assert.InRange(Time(before, "renew after"), from + ((until - from) * 0.6) - TimeSpan.FromSeconds(10), from + ((until - from) * 0.6));
        Assert.Contains("renew before   not known", before, StringComparison.Ordinal);

        FirmwareBuild.Check(0, await firmware.EnrollWithTokenAsync(firmware.Failpoints, "firmware-est-due", store, token));
        var after = await StatusAsync(store);
        Assert.NotEqual(Time(before, "renew after"), Time(after, "renew after"));
        Assert.InRange(Time(after, "renew before"), Time(after, "renew after"), until);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Plain, store, "--est", "--if-due"));
        Assert.Single(await firmware.CertificatesOfAsync("firmware-est-due"));
    }

    [Fact]
    public async Task What_waits_for_an_administrator_is_asked_for_again_with_the_same_request()
    {
        var store = firmware.NewStore();
        var token = await firmware.TokenAsync("firmware-approval", ""","approval":"manual" """);
        var waits = await firmware.EnrollWithTokenAsync(firmware.Plain, "firmware-approval", store, token, "--attempts", "1");
        FirmwareBuild.Check(Waits, waits);
        Assert.Contains("waits for an approval: 202", waits.Error, StringComparison.Ordinal);

        using var page = JsonDocument.Parse(await firmware.AdministratorAsync("GET", "approvals?state=pending&deviceId=firmware-approval"));
        var id = Assert.Single(page.RootElement.GetProperty("items").EnumerateArray()).GetProperty("id").GetString();
        await firmware.AdministratorAsync("POST", "approvals/decisions", $$"""{"ids":["{{id}}"],"approve":true}""");
        FirmwareBuild.Check(0, await firmware.EnrollWithTokenAsync(firmware.Plain, "firmware-approval", store, token, "--attempts", "1"));
        await firmware.CurrentAsync("firmware-approval", store);
    }

    [Fact]
    public async Task A_renewal_that_is_revoked_before_its_first_use_does_not_take_the_device_with_it()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Failpoints, "firmware-est-unused", store, "--est"));
        FirmwareBuild.Check(Killed, await firmware.RenewAsync(firmware.Failpoints, store, ["--est"], ("FIRMWARE_FAIL_AT", "after-rename:2")));
        var unused = (await firmware.CertificatesOfAsync("firmware-est-unused")).Single(row => row.State == "issued");
        await firmware.RevokeAsync(unused.SerialNumber, "keyCompromise");
        FirmwareBuild.Check(Refused, await firmware.RenewAsync(firmware.Failpoints, store, "--est"));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Failpoints, store, "--est"));
        await firmware.CurrentAsync("firmware-est-unused", store);
    }

    [Fact]
    public async Task A_device_may_change_its_door_at_any_time()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(Killed, await firmware.EnrollAsync(firmware.Failpoints, "firmware-doors", store, ["--est"], ("FIRMWARE_FAIL_AT", "answered")));
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Failpoints, "firmware-doors", store));
        Assert.Single(await firmware.CertificatesOfAsync("firmware-doors"));
        FirmwareBuild.Check(Killed, await firmware.RenewAsync(firmware.Failpoints, store, ("FIRMWARE_FAIL_AT", "answered")));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Failpoints, store, "--est"));
        await firmware.CurrentAsync("firmware-doors", store);
        Assert.Equal(2, (await firmware.CertificatesOfAsync("firmware-doors")).Length);
    }

    private static DateTimeOffset Time(string status, string name) => DateTimeOffset.Parse(
        TimeLine.Matches(status).Single(line => line.Groups[1].Value == name).Groups[2].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\w+ \w+) +(\d{4}-.*Z)$", RegexOptions.Multiline)]
    private static partial Regex TimeLine { get; }

    private async Task<string> StatusAsync(string store)
    {
        var status = await FirmwareBuild.RunAsync(firmware.Plain, ["status", "--store", store]);
        FirmwareBuild.Check(0, status);
        return status.Output;
    }
}
