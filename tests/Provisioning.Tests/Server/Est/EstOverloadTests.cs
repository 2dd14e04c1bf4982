using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Server.Limits;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>Who asks too much, or comes when it cannot be served, is told in EST's words when to come back (row E-16).</summary>
public sealed class EstOverloadTests
{
    [Fact]
    public async Task E_16_a_token_that_asks_too_often_is_429()
    {
        await using var server = await TestServer.StartAsync(options => (options.Limits.Token.PerSecond, options.Limits.Token.Burst) = (1, 3));
        await server.OpenGroupAsync();
        using var client = server.WithPassword(await server.CreateTokenAsync(new { group = "pumps" }));
        var request = server.NewDevice("pump-1").Request();

        await AssertSlowedDownAsync(() => client.EstAsync(EstCalls.Enroll, request));
    }

    [Fact]
    public async Task E_04_passwords_that_are_guessed_count_against_the_address_and_lock_no_device_out()
    {
        await using var server = await TestServer.StartAsync(options => (options.Limits.Anonymous.PerSecond, options.Limits.Anonymous.Burst) = (1, 6));
        await server.OpenGroupAsync();
        var token = await server.CreateTokenAsync(new { group = "pumps" });
        using var guess = server.WithPassword(token[..^1] + (token[^1] == '0' ? '1' : '0'));
        var request = server.NewDevice("pump-1").Request();

        await AssertSlowedDownAsync(() => guess.EstAsync(EstCalls.Enroll, request));

        using var client = server.WithPassword(token);
        await EstCalls.SerialAsync(await client.EstAsync(EstCalls.Enroll, request));
    }

    [Fact]
    public async Task E_16_what_a_registrar_may_enroll_in_a_day_is_429_until_the_next()
    {
        await using var server = await TestServer.StartAsync();
        using var certificate = await server.AddPrincipalAsync("station-1");
        await server.LimitAsync("station-1", """{"dailyLimit":1}""");
        using var station = server.Client(certificate);
        await EstCalls.SerialAsync(await station.EstAsync(EstCalls.Enroll, server.NewDevice("pump-1").Request()));

        await EstRefusal.IsAsync(
            await station.EstAsync(EstCalls.Enroll, server.NewDevice("pump-2").Request()), HttpStatusCode.TooManyRequests, "daily-limit");
    }

    [Fact]
    public async Task E_16_a_device_that_cannot_be_served_now_is_503_and_spread()
    {
        await using var server = await TestServer.StartAsync(options => options.Limits.DevicesAtOnce = 1);
        using var device = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();
        var request = server.NewDevice("pump-1").Request();
        var held = new TaskCompletionSource();
        var context = new DefaultHttpContext();
        context.Features.Set<Caller>(new Caller.Device(
            DeviceId.TryParse("pump-2", out var id) ? id : throw new InvalidOperationException(), SerialNumber.NewRandom()));
        var first = server.Services.GetRequiredService<DeviceGate>().InvokeAsync(context, _ => held.Task);

        var waits = new HashSet<TimeSpan?>();
        for (var i = 0; i < 20; i++)
        {
            var answer = await device.EstAsync(EstCalls.Reenroll, request);
            waits.Add(answer.Headers.RetryAfter!.Delta);
            await EstRefusal.IsAsync(answer, HttpStatusCode.ServiceUnavailable, "overloaded");
        }

        Assert.True(waits.Count > 1, "Those who were turned away together would come back together.");
        held.SetResult();
        await first;
    }

    [Fact]
    public async Task E_16_an_authority_that_cannot_sign_is_503_and_a_database_that_cannot_store_too()
    {
        await using var server = await TestServer.StartAsync();
        server.Authorities.Issuing.Key!.Dispose();
        await EstRefusal.IsAsync(
            await server.Registrar().EstAsync(EstCalls.Enroll, server.NewDevice("pump-1").Request()),
            HttpStatusCode.ServiceUnavailable, "authority-unavailable");

        await using (await FailingDatabaseTests.LockAsync(server))
        {
            await EstRefusal.IsAsync(
                await server.Registrar().EstAsync(EstCalls.Enroll, server.NewDevice("pump-2").Request()),
                HttpStatusCode.ServiceUnavailable, "storage-unavailable");
        }
    }

    [Fact]
    public async Task An_installation_without_EST_answers_404_to_everybody()
    {
        await using var server = await TestServer.StartAsync(options => options.Est.Enabled = false);
        foreach (var client in new[] { server.Anonymous(), server.Registrar(), server.Administrator() })
        {
            foreach (var path in (string[])["cacerts", "csrattrs", "simpleenroll", "default/cacerts"])
                await EstRefusal.IsAsync(await client.GetAsync(EstCalls.At(path)), HttpStatusCode.NotFound, "not-found");
            await EstRefusal.IsAsync(
                await client.EstAsync(EstCalls.Enroll, server.NewDevice("pump-1").Request()), HttpStatusCode.NotFound, "not-found");
        }

        Assert.Equal(HttpStatusCode.Created, (await server.Registrar().EnrollAsync("pump-1")).StatusCode);
    }

    [Fact]
    public async Task EST_is_not_on_the_plain_listener()
    {
        await using var server = await TestServer.StartAsync();
        using var client = new HttpClient { BaseAddress = server.Http };

        await EstRefusal.IsAsync(await client.GetAsync(EstCalls.At("cacerts")), HttpStatusCode.NotFound, "not-found");
        await EstRefusal.IsAsync(
            await client.EstAsync(EstCalls.Enroll, server.NewDevice("pump-1").Request()), HttpStatusCode.NotFound, "not-found");
    }

    private static async Task AssertSlowedDownAsync(Func<Task<HttpResponseMessage>> ask)
    {
        for (var i = 0; i < 100; i++)
        {
            var answer = await ask();
            if (answer.StatusCode != HttpStatusCode.TooManyRequests) continue;
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
            await EstRefusal.IsAsync(answer, HttpStatusCode.TooManyRequests, "too-many-requests");
            return;
        }

        Assert.Fail("Nobody was told to slow down.");
    }
}
