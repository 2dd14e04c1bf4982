using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Interop.Samples;

/// <summary><c>samples/mqtt</c>: a device publishes with its certificate, is revoked, and is off.</summary>
public sealed class MqttOffTests
{
    private const int Rounds = 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_revoked_device_is_off_the_broker_within_two_seconds_twenty_times_of_twenty()
    {
        await using var house = await BrokerHouse.StartAsync();
        using var bystander = await house.EnrollAsync("bystander");
        await using var other = await OpenAsync(house, "bystander", bystander);

        // The adapter is there when its first event has had an effect; from then on it is measured.
        await OffAsync(house, "warm-up", isDevice: false);
        var taken = new List<TimeSpan>();
        for (var i = 0; i < Rounds; i++) taken.Add(await OffAsync(house, $"pump-{i}", isDevice: i % 2 == 0));
        TestContext.Current.TestOutputHelper?.WriteLine($"From the request to the end of the session: {taken.Min().TotalMilliseconds:F0} to {taken.Max().TotalMilliseconds:F0} ms.");
        Assert.All(taken, one => Assert.True(one <= Limit, $"{one.TotalMilliseconds} ms\n{house.Said}"));
        await other.PublishAsync();
    }

    [Fact]
    public async Task What_was_revoked_while_the_adapter_was_down_is_off_when_it_is_back()
    {
        await using var house = await BrokerHouse.StartAsync();
        await OffAsync(house, "warm-up", isDevice: false);
        using var certificate = await house.EnrollAsync("pump-1");
        await using var session = await OpenAsync(house, "pump-1", certificate);
        await house.KillAdapterAsync();
        await Api.RevokeAsync(house.Administrator, certificate.SerialNumber, "keyCompromise");
        await session.PublishAsync();
        house.StartAdapter();
        await UntilClosedAsync(house, session);
        await house.UntilRefusedAsync("pump-1", certificate);
    }

    [Fact]
    public async Task A_suspended_device_is_off_and_comes_back_when_it_is_resumed()
    {
        await using var house = await BrokerHouse.StartAsync();
        using var certificate = await house.EnrollAsync("pump-1");
        await using (var session = await OpenAsync(house, "pump-1", certificate))
        {
            using (var suspended = await house.Administrator.PostAsJsonAsync("/api/v1/devices/pump-1/suspension", new { reason = "Stolen?" }))
                Assert.True(suspended.IsSuccessStatusCode);
            await UntilClosedAsync(house, session);
        }

        await house.UntilRefusedAsync("pump-1", certificate);
        using (var resumed = await house.Administrator.DeleteAsync("/api/v1/devices/pump-1/suspension")) Assert.True(resumed.IsSuccessStatusCode);
        await house.UntilAsync(async () =>
        {
            await using var session = await house.ConnectAsync("pump-1", certificate);
            return session is not null;
        });
    }

    [Fact]
    public async Task L_14_across_a_rollover_devices_of_both_generations_are_let_in_and_are_off_when_they_are_revoked()
    {
        await using var house = await BrokerHouse.StartAsync();
        await OffAsync(house, "warm-up", isDevice: false);
        using var old = await house.EnrollAsync("pump-old");
        using var bystander = await house.EnrollAsync("bystander");
        await using var oldSession = await OpenAsync(house, "pump-old", old);

        await house.RollAsync(2);

        using var next = await house.EnrollAsync("pump-next");
        Assert.NotEqual(old.Issuer, next.Issuer);
        await house.UntilAsync(async () =>
        {
            await using var session = await house.ConnectAsync("pump-next", next);
            return session is not null;
        });
        await using var nextSession = await OpenAsync(house, "pump-next", next);
        foreach (var (device, certificate, session) in new[] { ("pump-next", next, nextSession), ("pump-old", old, oldSession) })
        {
            await Api.RevokeAsync(house.Administrator, certificate.SerialNumber, "keyCompromise");
            await UntilClosedAsync(house, session);
            await house.UntilRefusedAsync(device, certificate);
        }

        // Both are in CRLs that the broker has, so the adapter is done with both.
        var events = await house.Administrator.GetFromJsonAsync<JsonElement>("/api/v1/revocations?since=0");
        var last = events.GetProperty("items").EnumerateArray().Last().GetProperty("id").GetString();
        await house.UntilAsync(async () => await house.LastEventAsync() == last);
        await using var other = await OpenAsync(house, "bystander", bystander);
    }

    [Fact]
    public async Task A_device_of_whatever_name_gives_the_broker_no_commands()
    {
        await using var house = await BrokerHouse.StartAsync();
        using var bystander = await house.EnrollAsync("bystander");
        await using var other = await OpenAsync(house, "bystander", bystander);
        using var certificate = await house.EnrollAsync("adapter");
        const string command = """{"commands": [{"command": "createClient", "username": "bystander"}, {"command": "deleteClient", "username": "bystander"}]}""";
        var told = await house.PublishAsync("adapter", "$CONTROL/dynamic-security/v1", command);
        Assert.Contains("Not authorized", told.Output + told.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Not authorized", (await house.PublishAsync("adapter", "devices/adapter/state", "running")).Error, StringComparison.OrdinalIgnoreCase);
        await other.PublishAsync();
    }

    [Fact]
    public async Task A_revoked_device_is_off_and_stays_off_while_more_events_come()
    {
        await using var house = await BrokerHouse.StartAsync();
        await OffAsync(house, "warm-up", isDevice: false);
        using var first = await house.EnrollAsync("pump-first");
        await using var session = await OpenAsync(house, "pump-first", first);
        using var stop = new CancellationTokenSource();
        var flow = FlowAsync(house, stop.Token);
        var begun = Stopwatch.GetTimestamp();
        await Api.RevokeAsync(house.Administrator, first.SerialNumber, "keyCompromise");
        await UntilClosedAsync(house, session);
        var taken = Stopwatch.GetElapsedTime(begun);
        await house.UntilRefusedAsync("pump-first", first);
        Assert.False(flow.IsCompleted, house.Said);
        await stop.CancelAsync();
        await flow;
        Assert.True(taken <= Limit, $"{taken.TotalMilliseconds} ms\n{house.Said}");
    }

    // An event every few milliseconds, as a revocation job makes them: a device goes on hold and is resumed.
    private static async Task FlowAsync(BrokerHouse house, CancellationToken stop)
    {
        using var certificate = await house.EnrollAsync("restless");
        while (!stop.IsCancellationRequested)
        {
            using (var suspended = await house.Administrator.PostAsJsonAsync("/api/v1/devices/restless/suspension", new { reason = "Flow" }, CancellationToken.None))
                Assert.True(suspended.IsSuccessStatusCode);
            using var resumed = await house.Administrator.DeleteAsync("/api/v1/devices/restless/suspension", CancellationToken.None);
            Assert.True(resumed.IsSuccessStatusCode);
        }
    }

    // From the request of the administrator to the end of the session; and the device does not come back.
    private static async Task<TimeSpan> OffAsync(BrokerHouse house, string device, bool isDevice)
    {
        using var certificate = await house.EnrollAsync(device);
        await using var session = await OpenAsync(house, device, certificate);
        var begun = Stopwatch.GetTimestamp();
        if (isDevice)
        {
            using var revoked = await house.Administrator.PostAsJsonAsync($"/api/v1/devices/{device}/revocation", new { reason = "keyCompromise" });
            Assert.True(revoked.IsSuccessStatusCode);
        }
        else
        {
            await Api.RevokeAsync(house.Administrator, certificate.SerialNumber, "keyCompromise");
        }

        await UntilClosedAsync(house, session);
        var taken = Stopwatch.GetElapsedTime(begun);
        await house.UntilRefusedAsync(device, certificate);
        return taken;
    }

    private static async Task<MqttSession> OpenAsync(BrokerHouse house, string device, X509Certificate2 certificate)
    {
        var session = await house.ConnectAsync(device, certificate);
        Assert.True(session is not null, house.Said);
        await session.PublishAsync();
        return session;
    }

    private static async Task UntilClosedAsync(BrokerHouse house, MqttSession session)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await session.UntilClosedAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail(house.Said);
        }
    }
}
