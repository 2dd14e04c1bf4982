using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Provisioning.Tests.Cli;

/// <summary>A service over TLS that answers one request after the other as a test says; the last one stays.</summary>
internal sealed class ScriptedService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Queue<Func<HttpContext, string, Task>> _answers;

    private ScriptedService(
        WebApplication app, X509Certificate2 root, IEnumerable<Func<HttpContext, string, Task>> answers)
    {
        (_app, Root) = (app, root);
        _answers = new Queue<Func<HttpContext, string, Task>>(answers);
        _app.Run(AnswerAsync);
    }

    /// <summary>Whom to trust; also signs what is issued.</summary>
    internal X509Certificate2 Root { get; }

    /// <summary>Method, path and body of every request so far.</summary>
    internal List<string> Requests { get; } = [];

    internal string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!
        .Addresses.Single().Replace("127.0.0.1", "localhost");

    internal static async Task<ScriptedService> StartAsync(params IEnumerable<Func<HttpContext, string, Task>> answers)
    {
        var root = TestCertificates.SelfSigned("scripted");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(root)));
        var service = new ScriptedService(builder.Build(), root, answers);
        await service._app.StartAsync();
        return service;
    }

    internal static Func<HttpContext, string, Task> Problem(int status, string code, string? retryAfter = null) =>
        (context, _) =>
        {
            context.Response.StatusCode = status;
            if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
            return context.Response.WriteAsync($$"""{"code":"{{code}}","detail":"As scripted."}""");
        };

    /// <summary>The answer is lost on its way.</summary>
    internal static Task Lost(HttpContext context, string body)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Root.Dispose();
        return _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        Requests.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {body}");
        var answer = _answers.Count > 1 ? _answers.Dequeue() : _answers.Peek();
        await answer(context, body);
    }
}
