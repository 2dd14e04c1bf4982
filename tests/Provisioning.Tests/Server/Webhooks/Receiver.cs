using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Provisioning.Tests.Server.Webhooks;

/// <summary>A receiver as a customer writes it: an HTTP server that verifies what it is sent.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Message> _taken = [];
    private readonly ConcurrentQueue<Message> _seen = [];

    private Receiver(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    internal string Url { get; private set; } = "";

    /// <summary>Decides what it answers.</summary>
    internal Func<Message, IResult> Answer { get; set; } = _ => Results.NoContent();

    /// <summary>What it was sent.</summary>
    internal IReadOnlyList<Message> Seen => [.. _seen];

    /// <summary>What it has taken.</summary>
    internal IReadOnlyList<Message> Taken => [.. _taken];

    internal static async Task<Receiver> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is null) return;

            // Nor does this one look for what is above it.
            var context = SslStreamCertificateContext.Create(certificate, null, offline: true);
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = context }),
            });
        }));
        var receiver = new Receiver(builder.Build());
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync();
        receiver.Url = receiver._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/hook";
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers;
        var message = new Message(
            headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString(),
            context.Request.ContentType, context.Request.Path, body.ToArray());
        _seen.Enqueue(message);
        await Answer(message).ExecuteAsync(context);
        if (context.Response.StatusCode is >= 200 and < 300) _taken.Enqueue(message);
    }

    internal sealed record Message(string Id, string Timestamp, string Signature, string? ContentType, string Path, byte[] Body)
    {
        internal JsonElement Json => JsonDocument.Parse(Body).RootElement;

        /// <summary>How many of the signatures are good under a secret.</summary>
        internal int SignedBy(string secret)
        {
            Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
            byte[] signed = [.. System.Text.Encoding.UTF8.GetBytes($"{Id}.{Timestamp}."), .. Body];
            var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), signed));
            return Signature.Split(' ').Count(one => one == expected);
        }
    }
}
