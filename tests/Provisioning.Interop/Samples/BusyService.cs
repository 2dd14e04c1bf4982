using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Provisioning.Interop.Samples;

/// <summary>
/// A service that is too busy for the first request of everybody, and wants it again later. The real one is so only under a load that
/// a test does not make.
/// </summary>
internal sealed class BusyService : IAsyncDisposable
{
    private readonly ConcurrentQueue<Request> _requests = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("busy-service-");
    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate;

    private BusyService(TimeSpan retryAfter)
    {
        RetryAfter = retryAfter;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        File.WriteAllText(CertificateFile, _certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n");

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate)));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>How much later.</summary>
    internal TimeSpan RetryAfter { get; }

    /// <summary>What has been asked, in order.</summary>
    internal IReadOnlyList<Request> Requests => [.. _requests];

    /// <summary>What the script is told about it.</summary>
    internal string[] Arguments =>
        ["-s", Address, "--cacert", CertificateFile, "--cert", CertificateFile, "--key", KeyFile];

    private string CertificateFile => Path.Combine(_folder.FullName, "certificate.pem");

    private string KeyFile => Path.Combine(_folder.FullName, "key.pem");

    private string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!
        .Addresses.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    internal static async Task<BusyService> StartAsync(TimeSpan retryAfter)
    {
        var service = new BusyService(retryAfter);
        await service._app.StartAsync(TestContext.Current.CancellationToken);
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var at = Stopwatch.GetElapsedTime(0);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        _requests.Enqueue(new Request(at, context.Request.Headers["Idempotency-Key"].ToString(), Convert.ToHexString(body.ToArray())));
        if (_requests.Count == 1)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = RetryAfter.TotalSeconds.ToString();
            context.Response.Headers["Provisioning-Error"] = "storage-unavailable";
            return;
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers["Provisioning-Serial-Number"] = "4F00";
        await context.Response.WriteAsync(_certificate.ExportCertificatePem() + "\n", context.RequestAborted);
    }

    /// <summary>One request: when, its Idempotency-Key, and its body in hex.</summary>
    internal sealed record Request(TimeSpan At, string Key, string Body);
}
