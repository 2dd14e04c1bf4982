using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Provisioning.Server.Limits;
using Provisioning.Server.Tls;

namespace Provisioning.Tests.Server.Limits;

/// <summary>What connections do at the gate, with real sockets: who hangs up is gone, and an octet is no work.</summary>
public sealed class GatedConnectionTests
{
    private const int Callers = 64;
    private static readonly CallerAddress Local = CallerAddress.Of(IPAddress.Loopback);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public enum Ending
    {
        Fin,
        Reset,
    }

    [Theory]
    [InlineData(Ending.Fin)]
    [InlineData(Ending.Reset)]
    public async Task Those_who_hang_up_keep_nobody_out(Ending ending)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var gate = new HandshakeGate(1, TimeSpan.FromSeconds(3), time);
        await using var app = await StartAsync(gate);
        await SlowDownAsync(gate, time);
        var callers = new List<Socket>();
        for (var i = 0; i < Callers; i++) callers.Add(await SendAsync(app, 22, 3, 1));
        await TestServer.UntilAsync(() => gate.Waiting == Callers, Soon);
        Assert.False(gate.IsOpen(Local));
        foreach (var one in callers)
        {
            one.LingerState = new LingerOption(ending == Ending.Reset, 0);
            if (ending == Ending.Reset) one.Dispose();
            else one.Shutdown(SocketShutdown.Send);
        }

        await TestServer.UntilAsync(() => gate.Waiting == 0, Soon);
        Assert.True(gate.IsOpen(Local));
        foreach (var one in callers) one.Dispose();
    }

    [Fact]
    public async Task Who_sends_octet_by_octet_waits_behind_those_who_came_before_the_next_one()
    {
        using var gate = new HandshakeGate(1, TimeSpan.FromSeconds(30), TimeProvider.System);
        await using var app = await StartAsync(gate);
        Assert.True(await gate.EnterAsync(Local, hasBegun: false, Ct));
        using var dribble = await SendAsync(app, 22);
        await TestServer.UntilAsync(() => gate.Waiting == 1, Soon);
        gate.Leave();

        // Now its first octet has its turn, and it waits for the next one without a place.
        Assert.True(await gate.EnterAsync(Local, hasBegun: false, Ct));
        var other = gate.EnterAsync(Local, hasBegun: false, Ct).AsTask();
        await dribble.SendAsync(new byte[] { 3 }, Ct);
        await TestServer.UntilAsync(() => gate.Waiting == 2, Soon);
        gate.Leave();
        Assert.True(await other);
        Assert.Equal(1, gate.Waiting);
        gate.Leave();
    }

    // Both places of two that wait were given two seconds apart, and the place is taken: so slow that one more has a chance only while few wait.
    private static async Task SlowDownAsync(HandshakeGate gate, FakeTimeProvider time)
    {
        Assert.True(await gate.EnterAsync(Local, hasBegun: false, Ct));
        var two = new[] { gate.EnterAsync(Local, hasBegun: false, Ct).AsTask(), gate.EnterAsync(Local, hasBegun: false, Ct).AsTask() };
        gate.Leave();
        time.Advance(TimeSpan.FromSeconds(2));
        gate.Leave();
        await Task.WhenAll(two);
    }

    private static async Task<WebApplication> StartAsync(HandshakeGate gate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Use(next => GatedHandshake.Before(gate, next));
            listen.UseHttps(Cli.TestCertificates.SelfSigned("gate"), https => https.HandshakeTimeout = TimeSpan.FromMinutes(5));
            listen.Use(GatedHandshake.After);
        }));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync("in"));
        await app.StartAsync(Ct);
        return app;
    }

    private static async Task<Socket> SendAsync(WebApplication app, params byte[] octets)
    {
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, Ct);
        await socket.SendAsync(octets, Ct);
        return socket;
    }
}
