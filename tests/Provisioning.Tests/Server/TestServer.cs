using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Authorities;
using Provisioning.Core.Revocation;
using Provisioning.Server;
using Provisioning.Server.Configuration;

namespace Provisioning.Tests.Server;

/// <summary>
/// The whole service in this process: real Kestrel on free ports, real mutual TLS, a real database in a folder of its own.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _ownsDirectory;
    private readonly List<IDisposable> _clients = [];

    private TestServer(WebApplication app, Instance instance, AuthorityDirectory authorities, LogLines log, bool ownsDirectory)
    {
        _app = app;
        _ownsDirectory = ownsDirectory;
        Instance = instance;
        Authorities = authorities;
        Log = log;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Https = PortOf(addresses, "https:");
        Http = PortOf(addresses, "http:");
    }

    internal Instance Instance { get; }

    internal AuthorityDirectory Authorities { get; }

    internal LogLines Log { get; }

    /// <summary>The TLS listener.</summary>
    internal Uri Https { get; }

    /// <summary>The plain listener.</summary>
    internal Uri Http { get; }

    internal IServiceProvider Services => _app.Services;

    internal static async Task<TestServer> StartAsync(
        Action<ServerOptions>? configure = null, TimeProvider? time = null, string? directory = null)
    {
        var options = new ServerOptions
        {
            DataDirectory = directory ?? Directory.CreateTempSubdirectory("provisioning-test-").FullName,
            HttpsPort = 0,
            HttpPort = 0,
            ListenAddress = "127.0.0.1",
            Crl = { Delay = TimeSpan.Zero },
        };
        foreach (var rate in options.Limits.Rates)
            (rate.PerSecond, rate.Burst) = (100_000, 100_000);
        configure?.Invoke(options);
        var log = new LogLines();
        var builder = CommandLine.CreateBuilder(["--environment=Development"]);
        builder.Logging.ClearProviders().AddProvider(log);
        var instance = await Instance.OpenAsync(options, mayCreatePassphrase: true, time ?? TimeProvider.System, default);
        try
        {
            var authorities = await CommandLine.LoadAuthoritiesAsync(instance, isDevelopment: true);
            var app = await ServerHost.BuildAsync(builder, instance, authorities);
            await app.StartAsync();
            return new TestServer(app, instance, authorities, log, directory is null);
        }
        catch (StartupException)
        {
            await instance.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client without a certificate.</summary>
    internal HttpClient Anonymous() => Client(null);

    internal HttpClient Administrator() => Client(Credential(CredentialFiles.Administrator));

    internal HttpClient Registrar() => Client(Credential(CredentialFiles.FactoryLine));

    internal TestDevice NewDevice(string id) => new(this, id);

    /// <summary>A client of its own connections, which trusts this server's root and nothing else.</summary>
    internal HttpClient Client(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            SslOptions =
            {
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificate(Authorities.Root.Certificate.Span) },
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                    VerificationTime = Instance.Time.GetUtcNow().UtcDateTime,
                },
            },
        };
        if (certificate is not null)
        {
            // The context is sent even where the platform thinks that the server would not want it.
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        }

        var client = new HttpClient(handler) { BaseAddress = Https };
        _clients.Add(client);
        return client;
    }

    /// <summary>The published CRL of the issuing authority.</summary>
    internal CrlStatus? Crl() => Services.GetRequiredService<PublishedCrls>().Find(AuthorityDirectory.IssuingName);

    /// <summary>Waits until every authority has a CRL: the first ones are made while the server listens already.</summary>
    internal Task UntilCrlsAsync()
    {
        var published = Services.GetRequiredService<PublishedCrls>();
        return UntilAsync(() => Authorities.All.All(authority => published.Find(authority.Name) is not null), TimeSpan.FromMinutes(2));
    }

    /// <summary>Waits, by the real clock, for something that another thread does.</summary>
    internal static async Task UntilAsync(Func<bool> happened, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!happened()) await timer.WaitForNextTickAsync(limit.Token);
    }

    internal X509Certificate2 Credential(string name)
    {
        using var fromPem = X509Certificate2.CreateFromPemFile(
            Instance.Data.CredentialFile(name, "pem"), Instance.Data.CredentialFile(name, "key"));
        return X509CertificateLoader.LoadPkcs12(fromPem.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Stops as an orderly shutdown does; the folder stays when it was given.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Authorities.Dispose();
        await Instance.DisposeAsync();
        if (_ownsDirectory) Directory.Delete(Instance.Data.Path, recursive: true);
    }

    private static Uri PortOf(IEnumerable<string> addresses, string scheme) =>
        new(addresses.First(address => address.StartsWith(scheme, StringComparison.Ordinal)).Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
}
