using System.Net;
using System.Text.Json;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Server.Renewals;

/// <summary>When devices come back.</summary>
public sealed class WindowTests
{
    [Fact]
    public void The_devices_of_one_shift_are_spread_over_the_window()
    {
        var bins = new int[50];
        for (var i = 0; i < 10_000; i++) bins[(int)(RenewalWindows.PlaceOf($"PUMP-{i:D6}") * bins.Length)]++;
        Assert.All(bins, bin => Assert.InRange(bin, 1, 2 * 10_000 / bins.Length));
    }

    [Fact]
    public void A_device_has_always_the_same_place() => Assert.Equal(RenewalWindows.PlaceOf("pump-1"), RenewalWindows.PlaceOf("pump-1"));

    [Fact]
    public async Task A_renewal_before_the_window_is_refused_with_the_time_to_come_back()
    {
        await using var house = await RenewalHouse.StartAsync("{}", ""","profile":"brief" """);
        var client = house.Device.Client();
        var self = JsonDocument.Parse(await client.GetStringAsync("/api/v1/self")).RootElement;
        var (after, before) = (self.GetProperty("renewAfter").GetDateTimeOffset(), self.GetProperty("renewBefore").GetDateTimeOffset());
        Assert.True(house.Time.GetUtcNow() < after && after < before);

        var early = await house.Device.RenewAsync(client);
        Assert.Equal(after - house.Time.GetUtcNow(), early.Headers.RetryAfter!.Delta);
        await Problem.IsAsync(early, HttpStatusCode.Conflict, "renewal-too-early");

        house.Pass(after - house.Time.GetUtcNow() - TimeSpan.FromSeconds(1));
        await Problem.IsAsync(await house.Device.RenewAsync(client), HttpStatusCode.Conflict, "renewal-too-early");
        house.Pass(TimeSpan.FromSeconds(1));
        using var renewed = await house.Device.RenewAsync(client);
        Assert.Equal(HttpStatusCode.Created, renewed.StatusCode);

        // And a device that renews whenever it starts is held back until the next window.
        await Problem.IsAsync(await house.Device.RenewAsync(house.Device.Client()), HttpStatusCode.Conflict, "renewal-too-early");
    }
}
