using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Server.Limits;

namespace Provisioning.Tests.Server.Limits;

/// <summary>More devices than can be served at once: who is turned away is told when to come back, and nobody else waits for them.</summary>
public sealed class DeviceGateTests
{
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Who_comes_beyond_what_can_be_served_at_once_is_told_when_to_come_back()
    {
        using var gate = new DeviceGate(2, TimeProvider.System);
        var (first, second) = (Enter(gate, Device("pump-1")), Enter(gate, Device("pump-2")));
        var third = Enter(gate, Device("pump-3"));
        Assert.Equal((false, false, true), (first.Served.IsCompleted, second.Served.IsCompleted, third.Served.IsCompleted));
        Assert.Equal("503 overloaded", await AnswerAsync(third.Context));
        Assert.InRange(int.Parse(third.Context.Response.Headers.RetryAfter!), 1, 6);

        // Lines and administrators do not wait for devices.
        Assert.False(Enter(gate, new Caller.Registrar("line")).Served.IsCompleted);
        Assert.False(Enter(gate, new Caller.Administrator("admin")).Served.IsCompleted);
        _served.SetResult();
        await Task.WhenAll(first.Served, second.Served);
        Assert.Equal(StatusCodes.Status200OK, first.Context.Response.StatusCode);
        Assert.Equal(StatusCodes.Status200OK, Enter(gate, Device("pump-3")).Context.Response.StatusCode);
    }

    [Fact]
    public async Task One_device_takes_no_more_than_its_part_of_the_places()
    {
        using var gate = new DeviceGate(16, TimeProvider.System);
        var held = Enumerable.Range(0, 4).Select(_ => Enter(gate, Device("greedy"))).ToList();
        Assert.Equal("503 overloaded", await AnswerAsync(Enter(gate, Device("greedy")).Context));
        Assert.False(Enter(gate, Device("pump-1")).Served.IsCompleted);
        _served.SetResult();
        await Task.WhenAll(held.Select(one => one.Served));
        Assert.Equal(StatusCodes.Status200OK, Enter(gate, Device("greedy")).Context.Response.StatusCode);
    }

    [Theory]
    [InlineData("birth", 4)]
    [InlineData("claim", 4)]
    [InlineData("one-time token", 4)]
    [InlineData("token for a line", 16)]
    public async Task No_credential_of_one_device_takes_more_places_than_a_device(string kind, int most)
    {
        using var gate = new DeviceGate(256, TimeProvider.System);
        var caller = Other(kind);
        var held = Enumerable.Range(0, most).Select(_ => Enter(gate, caller)).ToList();
        Assert.DoesNotContain(held, one => one.Served.IsCompleted);
        Assert.Equal("503 overloaded", await AnswerAsync(Enter(gate, caller).Context));
        _served.SetResult();
        await Task.WhenAll(held.Select(one => one.Served));
    }

    [Fact]
    public async Task Who_still_sends_has_no_place_yet()
    {
        await using var server = await TestServer.StartAsync(options => options.Limits.DevicesAtOnce = 1);
        using var slow = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();
        using var other = (await server.NewDevice("pump-2").EnrollAsync(server.Registrar())).Client();
        using var content = new PushContent("application/json");
        content.Push("{");
        var sending = slow.PostAsync("/api/v1/renewals", content);
        await TestServer.UntilAsync(() => content.IsUnderWay, TimeSpan.FromSeconds(30));
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/v1/self")).StatusCode);
        content.Push("}");
        content.End();
        using var answer = await sending;
        Assert.InRange((int)answer.StatusCode, 400, 499);
    }

    [Fact]
    public async Task A_request_that_fails_gives_its_place_back()
    {
        using var gate = new DeviceGate(1, TimeProvider.System);
        for (var round = 0; round < 3; round++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() =>
                gate.InvokeAsync(NewContext(Device("pump-1")), _ => throw new InvalidOperationException("broken")));
        }
    }

    [Fact]
    public async Task The_requests_of_devices_pass_it()
    {
        await using var server = await TestServer.StartAsync(options => options.Limits.DevicesAtOnce = 1);
        var gate = server.Services.GetRequiredService<DeviceGate>();
        using var device = (await server.NewDevice("pump-1").EnrollAsync(server.Registrar())).Client();
        Assert.Equal(HttpStatusCode.OK, (await device.GetAsync("/api/v1/self")).StatusCode);
        _ = Enter(gate, Device("pump-2"));
        await Problem.IsAsync(await device.GetAsync("/api/v1/self"), HttpStatusCode.ServiceUnavailable, "overloaded");
        Assert.Equal(HttpStatusCode.OK, (await server.Registrar().GetAsync("/api/v1/self")).StatusCode);
        Assert.Contains(
            "provisioning_devices_turned_away_total", await server.Administrator().GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    private (HttpContext Context, Task Served) Enter(DeviceGate gate, Caller caller)
    {
        var context = NewContext(caller);
        return (context, gate.InvokeAsync(context, _ => _served.Task));
    }

    private static DefaultHttpContext NewContext(Caller caller)
    {
        var context = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging()
                .AddSingleton<SuspicionLimit>().AddSingleton<RefusalNotice>().BuildServiceProvider(),
            Response = { Body = new MemoryStream() },
        };
        context.Features.Set(caller);
        return context;
    }

    private static async Task<string> AnswerAsync(HttpContext context)
    {
        context.Response.Body.Position = 0;
        var problem = await JsonSerializer.DeserializeAsync<JsonElement>(context.Response.Body);
        return $"{context.Response.StatusCode} {problem.GetProperty("code").GetString()}";
    }

    private static Caller Other(string kind) => kind switch
    {
        "birth" => new Caller.Birth("acme", "default", Device("pump-1").Id, Digest.Of("birth"u8)),
        "claim" => new Caller.Claim("batch", "default", SerialNumber.NewRandom()),
        _ => new Caller.Token(new EnrollmentToken
        {
            Id = "T1",
            Group = "default",
            Uses = kind.StartsWith("one", StringComparison.Ordinal) ? 1 : 1000,
            Used = 0,
            ExpiresAt = DateTimeOffset.MaxValue,
            CreatedAt = DateTimeOffset.UnixEpoch,
            CreatedBy = "administrator:admin",
        }),
    };

    private static Caller.Device Device(string id) =>
        DeviceId.TryParse(id, out var parsed) ? new Caller.Device(parsed, SerialNumber.NewRandom()) : throw new ArgumentException(id, nameof(id));
}
