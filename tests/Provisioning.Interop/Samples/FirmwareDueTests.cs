using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Provisioning.Interop.Samples;

/// <summary>samples/firmware-c with <c>renew --if-due</c>, as a daily timer runs it.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed partial class FirmwareDueTests(FirmwareBuild firmware)
{
    private const int Network = 3, Revoked = 6;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Renewal_waits_until_it_is_due(bool hasClock)
    {
        var device = $"firmware-due-{hasClock}";
        var store = await EnrollAsync(device);
        var first = await firmware.CurrentAsync(device, store);
        var run = await RunAsync(store, hasClock);
        FirmwareBuild.Check(0, run);
        Assert.Contains("not due yet", run.Output, StringComparison.Ordinal);
        Assert.Equal(first, await firmware.CurrentAsync(device, store));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_campaign_is_heard_of_and_stored(bool hasClock)
    {
        var device = $"firmware-campaign-{hasClock}";
        var store = await EnrollAsync(device);
        var before = await WindowAsync(store);
        var first = await firmware.CurrentAsync(device, store);

        await firmware.AdministratorAsync("POST", $"groups/{device}/campaigns", """{"reason":"test","duration":"P2D"}""");
        FirmwareBuild.Check(0, await RunAsync(store, hasClock));
        var after = await WindowAsync(store);
        Assert.InRange(after, before.AddYears(-1), before.AddDays(-30));
        Assert.Equal(first, await firmware.CurrentAsync(device, store));

        // Stored is what the service is asked about again on that day.
        var later = after.AddHours(1).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Failpoints, store, ["--if-due"], ("FIRMWARE_CLOCK", later)));
        Assert.NotEqual(first, await firmware.CurrentAsync(device, store));
    }

    [Fact]
    public async Task Where_the_service_is_not_reached_what_it_said_before_counts()
    {
        var store = await EnrollAsync("firmware-due-alone");
        var files = await File.ReadAllBytesAsync(Directory.GetFiles(store).Single(), TestContext.Current.CancellationToken);
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();

        string[] elsewhere = ["--if-due", "--url", $"https://localhost:{port}"];
        var early = await firmware.RenewAsync(firmware.Failpoints, store, elsewhere);
        FirmwareBuild.Check(0, early);
        Assert.Contains("not due yet", early.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("again in", early.Error, StringComparison.Ordinal);
        Assert.Equal(files, await File.ReadAllBytesAsync(Directory.GetFiles(store).Single(), TestContext.Current.CancellationToken));

        // When it is due as far as the device knows, or it knows no time, it tries as hard as for a renewal.
        var late = (await WindowAsync(store)).AddDays(1).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        foreach (var clock in new[] { late, "0" })
        {
            var run = await firmware.RenewAsync(firmware.Failpoints, store, [.. elsewhere, "--attempts", "2"], ("FIRMWARE_CLOCK", clock));
            FirmwareBuild.Check(Network, run);
            Assert.Contains("again in", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_device_that_was_revoked_learns_it_before_it_is_due()
    {
        var store = await EnrollAsync("firmware-due-revoked");
        await firmware.RevokeAsync(await firmware.CurrentAsync("firmware-due-revoked", store), "keyCompromise");
        FirmwareBuild.Check(Revoked, await RunAsync(store, hasClock: true));
    }

    [GeneratedRegex("^renew after +(.*)$", RegexOptions.Multiline)]
    private static partial Regex RenewAfter { get; }

    private Task<Tool> RunAsync(string store, bool hasClock) => hasClock
        ? firmware.RenewAsync(firmware.Sanitized, store, "--if-due")
        : firmware.RenewAsync(firmware.Failpoints, store, ["--if-due"], ("FIRMWARE_CLOCK", "0"));

    private async Task<string> EnrollAsync(string device)
    {
        var store = firmware.NewStore();
        FirmwareBuild.Check(0, await firmware.EnrollWithTokenAsync(firmware.Plain, device, store, await firmware.TokenAsync(device)));
        return store;
    }

    private async Task<DateTimeOffset> WindowAsync(string store)
    {
        var status = await FirmwareBuild.RunAsync(firmware.Plain, ["status", "--store", store]);
        FirmwareBuild.Check(0, status);
        return DateTimeOffset.Parse(RenewAfter.Match(status.Output).Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
