using System.Diagnostics;
using System.Globalization;

namespace Provisioning.Interop.Samples;

/// <summary>samples/firmware-c, built and run as its README says, against the real server.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed class FirmwareSampleTests(FirmwareBuild firmware)
{
    private const int Refused = 5, Revoked = 6, Suspended = 7, HeapExhausted = 8;
    private const int Killed = 128 + 9;
    private const int StoreProblem = 2, Untrusted = 4;

    [Fact]
    public async Task A_device_enrolls_and_renews_within_64_KB_of_heap()
    {
        var store = firmware.NewStore();
        var enrolled = await firmware.EnrollAsync(firmware.Plain, "firmware-1", store);
        FirmwareBuild.Check(0, enrolled);
        var first = await firmware.CurrentAsync("firmware-1", store);

        var renewed = await firmware.RenewAsync(firmware.Plain, store);
        FirmwareBuild.Check(0, renewed);
        var second = await firmware.CurrentAsync("firmware-1", store);

        Assert.NotEqual(first, second);
        Assert.Equal([(second, "current"), (first, "superseded")], await firmware.CertificatesOfAsync("firmware-1"));
        Assert.InRange(FirmwareBuild.HeapPeak(enrolled), 1, 65536);
        Assert.InRange(FirmwareBuild.HeapPeak(renewed), 1, 65536);
        TestContext.Current.TestOutputHelper?.WriteLine($"heap peak: enroll {FirmwareBuild.HeapPeak(enrolled)}, renew {FirmwareBuild.HeapPeak(renewed)} bytes");
    }

    [Fact]
    public async Task A_device_that_keeps_its_key_gets_a_new_certificate_for_it()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-keep", store));
        var first = await firmware.CurrentAsync("firmware-keep", store);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Plain, store, "--keep-key"));
        Assert.NotEqual(first, await firmware.CurrentAsync("firmware-keep", store));
    }

    [Fact]
    public async Task Enrolling_twice_makes_one_certificate()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-twice", store));
        var again = await firmware.EnrollAsync(firmware.Plain, "firmware-twice", store);
        FirmwareBuild.Check(0, again);
        Assert.Contains("already enrolled", again.Output, StringComparison.Ordinal);
        Assert.Single(await firmware.CertificatesOfAsync("firmware-twice"));
    }

    [Fact]
    public async Task A_second_unit_with_the_same_ID_is_refused_and_told_why()
    {
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-clone", firmware.NewStore()));
        var clone = await firmware.EnrollAsync(firmware.Plain, "firmware-clone", firmware.NewStore());
        FirmwareBuild.Check(Refused, clone);
        Assert.Contains("device-already-bound", clone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_belongs_to_one_device()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-mine", store));
        FirmwareBuild.Check(StoreProblem, await firmware.EnrollAsync(firmware.Plain, "firmware-yours", store));
    }

    [Fact]
    public async Task Nothing_leaks_and_nothing_is_undefined()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Sanitized, "firmware-sanitized", store));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store));
        FirmwareBuild.Check(0, await FirmwareBuild.RunAsync(firmware.Sanitized, ["status", "--store", store]));
        await firmware.CurrentAsync("firmware-sanitized", store);
    }

    public static TheoryData<string> PowerCuts { get; } =
    [
        "key-made", "page-written", "before-rename", "after-rename", // the new key
        "request-sent", "answered",
        "page-written:2", "page-written:3", "page-written:4", "before-rename:2", "after-rename:2", // its certificate
        "request-sent:2", "confirmed",
        "page-written:5", "page-written:6", "page-written:7", "before-rename:3", "after-rename:3", // the promotion
        "promoted", "dropped",
    ];

    [Theory]
    [MemberData(nameof(PowerCuts))]
    public async Task After_a_power_cut_there_is_one_identity_that_works(string point)
    {
        var device = "firmware-" + point.Replace(':', '-');
        var store = firmware.NewStore();
        FirmwareBuild.Check(Killed, await firmware.EnrollAsync(firmware.Failpoints, device, store, ("FIRMWARE_FAIL_AT", point)));
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Failpoints, device, store));
        var first = await firmware.CurrentAsync(device, store);
        Assert.Single(await firmware.CertificatesOfAsync(device));

        FirmwareBuild.Check(Killed, await firmware.RenewAsync(firmware.Failpoints, store, ("FIRMWARE_FAIL_AT", point)));
        var status = await FirmwareBuild.RunAsync(firmware.Failpoints, ["status", "--store", store]);
        Assert.Contains("certificate    ", status.Output, StringComparison.Ordinal);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Failpoints, store));
        Assert.NotEqual(first, await firmware.CurrentAsync(device, store));

        // When the cut came after everything was done, the second run was a renewal of its own.
        var done = point is "after-rename:3" or "promoted" or "dropped";
        Assert.Equal(done ? 3 : 2, (await firmware.CertificatesOfAsync(device)).Length);
    }

    [Fact]
    public async Task Killed_at_any_moment_the_device_renews_in_the_end()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-killed", store));
        for (var round = 0; round < 30; round++)
        {
            var start = new ProcessStartInfo(firmware.Plain, firmware.Renewal(store))
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            await Task.Delay(TimeSpan.FromMilliseconds(2 * round), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Plain, store));
        await firmware.CurrentAsync("firmware-killed", store);
    }

    [Fact]
    public async Task A_damaged_slot_is_never_taken_for_an_identity()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-damaged", store));
        var file = Directory.GetFiles(store).Single();
        var whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        for (var length = 0; length < whole.Length; length += 11)
        {
            await ExpectDamageAsync(whole[..length]);
            var flipped = (byte[])whole.Clone();
            flipped[length] ^= 0x40;
            await ExpectDamageAsync(flipped);
        }

        await ExpectDamageAsync([.. whole, 0]);
        await ExpectDamageAsync([.. whole, .. new byte[8192]]);

        async Task ExpectDamageAsync(byte[] content)
        {
            await File.WriteAllBytesAsync(file, content, TestContext.Current.CancellationToken);
            var status = await FirmwareBuild.RunAsync(firmware.Sanitized, ["status", "--store", store]);
            FirmwareBuild.Check(0, status);
            Assert.StartsWith("not enrolled", status.Output, StringComparison.Ordinal);
            Assert.Contains("damaged", status.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_under_another_root_or_name_gets_nothing()
    {
        var store = firmware.NewStore();
        await using var stranger = new PreparedService(PreparedService.Answer("HTTP/1.1 500 Internal Server Error", 0));
        FirmwareBuild.Check(Untrusted, await EnrollAtAsync(firmware.Server.Https, stranger.Certificate));
        FirmwareBuild.Check(Untrusted, await EnrollAtAsync(firmware.Server.Https.Replace("localhost", "127.0.0.1"), firmware.Server.Pki("root.pem")));
        FirmwareBuild.Check(Untrusted, await EnrollAtAsync(stranger.Url, firmware.Server.Pki("root.pem")));
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-untrusted", store));
        Assert.Single(await firmware.CertificatesOfAsync("firmware-untrusted"));

        Task<Tool> EnrollAtAsync(string url, string root) => FirmwareBuild.RunAsync(
            firmware.Plain,
            [
                "enroll", "--url", url, "--ca", root, "--cert", firmware.Server.Credential("factory-line.pem"),
                "--key", firmware.Server.Credential("factory-line.key"), "--device", "firmware-untrusted", "--store", store,
            ]);
    }

    [Fact]
    public async Task A_revoked_device_is_told_apart_from_one_on_hold()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-revoked", store));
        var serialNumber = await firmware.CurrentAsync("firmware-revoked", store);

        await firmware.RevokeAsync(serialNumber, "certificateHold");
        FirmwareBuild.Check(Suspended, await firmware.RenewAsync(firmware.Plain, store));
        await firmware.ReleaseAsync(serialNumber);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Plain, store));

        await firmware.RevokeAsync(await firmware.CurrentAsync("firmware-revoked", store), "keyCompromise");
        var revoked = await firmware.RenewAsync(firmware.Plain, store);
        FirmwareBuild.Check(Revoked, revoked);
        Assert.Contains("certificate-revoked", revoked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewal_that_is_revoked_before_its_first_use_does_not_take_the_device_with_it()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Failpoints, "firmware-unused", store));
        FirmwareBuild.Check(Killed, await firmware.RenewAsync(firmware.Failpoints, store, ("FIRMWARE_FAIL_AT", "after-rename:2")));
        var unused = (await firmware.CertificatesOfAsync("firmware-unused")).Single(row => row.State == "issued");
        await firmware.RevokeAsync(unused.SerialNumber, "keyCompromise");
        FirmwareBuild.Check(Refused, await firmware.RenewAsync(firmware.Failpoints, store));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Failpoints, store));
        await firmware.CurrentAsync("firmware-unused", store);
    }

    [Fact]
    public async Task A_clock_that_says_1970_does_not_keep_a_device_out()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Failpoints, "firmware-1970", store, ("FIRMWARE_CLOCK", "3600")));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Failpoints, store, ("FIRMWARE_CLOCK", "3600")));
        await firmware.CurrentAsync("firmware-1970", store);
    }

    [Fact]
    public async Task A_clock_that_is_set_sees_that_the_server_certificate_has_expired()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-late", store));
        var inAYear = DateTimeOffset.UtcNow.AddDays(366).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        FirmwareBuild.Check(Untrusted, await firmware.RenewAsync(firmware.Failpoints, store, ("FIRMWARE_CLOCK", inAYear)));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Plain, store));
    }

    [Fact]
    public async Task Where_the_heap_is_too_small_the_program_says_so_and_the_identity_stays()
    {
        var tight = await firmware.MakeVariantAsync("tight", "HEAP_LIMIT=40000");
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-tight", store));
        FirmwareBuild.Check(HeapExhausted, await firmware.RenewAsync(tight, store));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Plain, store));
        await firmware.CurrentAsync("firmware-tight", store);
    }

    [Fact]
    public async Task The_program_is_built_anew_when_a_constant_changes()
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollAsync(firmware.Plain, "firmware-constants", store));
        var built = await firmware.MakeVariantAsync("constants");
        FirmwareBuild.Check(0, await firmware.RenewAsync(built, store));

        // A time at which no certificate of today is valid any more, and none at all: the time of the build, which is now.
        await firmware.MakeVariantAsync("constants", "BUILD_TIME=4000000000");
        FirmwareBuild.Check(Untrusted, await firmware.RenewAsync(built, store));
        await firmware.MakeVariantAsync("constants", "HEAP_LIMIT=40000");
        FirmwareBuild.Check(HeapExhausted, await firmware.RenewAsync(built, store));
        await firmware.MakeVariantAsync("constants");
        var time = File.GetLastWriteTimeUtc(built);
        await firmware.MakeVariantAsync("constants");
        Assert.Equal(time, File.GetLastWriteTimeUtc(built));
        FirmwareBuild.Check(0, await firmware.RenewAsync(built, store));
    }

    [Fact]
    public async Task A_clock_that_shows_a_day_before_the_firmware_was_built_is_not_believed()
    {
        var lastMonth = DateTimeOffset.UtcNow.AddDays(-30).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        FirmwareBuild.Check(
            0, await firmware.EnrollAsync(firmware.Failpoints, "firmware-last-month", firmware.NewStore(), ("FIRMWARE_CLOCK", lastMonth)));
    }
}
