using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Approvals;
using Provisioning.Core.Authorities;
using Provisioning.Core.Births;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Expiry;
using Provisioning.Core.Groups;
using Provisioning.Core.Lots;
using Provisioning.Core.Manifests;
using Provisioning.Core.Profiles;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Core.Webhooks;
using Provisioning.Rest;
using Provisioning.Server.Errors;
using Provisioning.Server.Swagger;

namespace Provisioning.Tests.Rest;

/// <summary>
/// The REST door on a real Kestrel at a port of its own, with the real pipeline and a registry in memory.
/// </summary>
internal sealed class RestHost : IAsyncDisposable
{
    internal const string Admin = "administrator:alice";
    internal const string Line = "registrar:line-1";

    private static int _lastId;

    private readonly WebApplication _app;

    private RestHost(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = Address };
    }

    internal HttpClient Client { get; }

    internal Uri Address => new(_app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
        .Features.Get<IServerAddressesFeature>()!.Addresses.First());

    internal MemoryRegistry Registry => _app.Services.GetRequiredService<MemoryRegistry>();

    internal AuthorityDirectory Authorities => _app.Services.GetRequiredService<AuthorityDirectory>();

    internal RecordedLog Log => _app.Services.GetRequiredService<RecordedLog>();

    internal static async Task<RestHost> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        AddServices(builder.Services);
        var app = builder.Build();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapRest();
        app.UseSwaggerDocument();
        await app.Services.GetRequiredService<GroupService>().StartAsync(default);
        await app.StartAsync();
        return new RestHost(app);
    }

    /// <summary>A device ID that no other test has.</summary>
    internal static string NewId() =>
        "dev-" + Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);

    /// <summary>A certification request in PEM over a new key.</summary>
    internal static string NewCsr(string commonName) => NewRequest(commonName).CreateSigningRequestPem() + "\n";

    internal static byte[] NewCsrDer(string commonName) => NewRequest(commonName).CreateSigningRequest();

    internal static StringContent Json(object body) => Text(JsonSerializer.Serialize(body));

    internal static StringContent Text(string json) =>
        new(json, System.Text.Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    internal static ByteArrayContent Bytes(byte[] body, string? contentType)
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null) content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    internal async Task<Answer> SendAsync(
        HttpMethod method,
        string path,
        string? caller = null,
        HttpContent? content = null,
        string? accept = null,
        (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (caller is not null) request.Headers.Add(TestCallerHandler.Header, caller);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        if (header is var (name, value)) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.OfAsync(response);
    }

    internal Task<Answer> GetAsync(string path, string? caller = Admin, string? accept = null) =>
        SendAsync(HttpMethod.Get, path, caller, accept: accept);

    internal Task<Answer> PostAsync(string path, HttpContent content, string? caller = Admin, string? accept = null) =>
        SendAsync(HttpMethod.Post, path, caller, content, accept);

    /// <summary>Enrolls a device and gives its serial number.</summary>
    internal async Task<string> EnrollAsync(string deviceId)
    {
        var answer = await PostAsync("/api/v1/enrollments", Json(new { deviceId, csr = NewCsr(deviceId) }), Line);
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        return answer.Header("Provisioning-Serial-Number")!;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    private static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<RecordedLog>();
        services.AddSingleton<ILoggerProvider>(given => given.GetRequiredService<RecordedLog>());
        services.AddSingleton<MemoryRegistry>();
        services.AddSingleton<ICertificateStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<IDeviceStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<IRevocationStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<IAdmissionStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<IGroupStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<IPrincipalStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<IApprovalStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<IRefusalStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<IImportStore>(given => given.GetRequiredService<MemoryRegistry>());
        services.AddSingleton<RegistrationRules>().AddSingleton<DeviceImport>();
        services.AddSingleton<ApprovalGate>().AddSingleton<RefusalLog>().AddSingleton<SuspicionLimit>().AddSingleton<RefusalNotice>();
        services.AddSingleton<TokenService>().AddSingleton<ClaimBatchService>().AddSingleton<TrustAnchorService>().AddSingleton<ManifestService>();
        services.AddSingleton<PrincipalService>().AddSingleton<CredentialIssuer>();
        services.AddSingleton<GroupCatalog>().AddSingleton<GroupService>().AddSingleton<EnrollmentCases>().AddSingleton<RenewalWindows>();
        services.AddSingleton(TimeProvider.System).AddSingleton<ClockGuard>().AddSingleton<CrlSignal>();
        services.AddSingleton(new PublicAddresses("localhost", 8080));
        services.AddSingleton(_ => TestAuthorities.Create());
        services.AddSingleton(MemoryProfiles.Catalog()).AddSingleton<ProfileService>();
        services.AddSingleton<IProfileStore>(given =>
        {
            var store = new MemoryProfiles();
            var seed = new ProfileSeed(store, given.GetRequiredService<ProfileCatalog>(), given.GetRequiredService<ClockGuard>());
            seed.RunAsync([.. given.GetRequiredService<ProfileCatalog>().All], default).GetAwaiter().GetResult();
            return store;
        });
        services.AddSingleton<CertificateAuthority>().AddSingleton<EnrollmentService>().AddSingleton<EnrollmentExplainer>();
        services.AddSingleton<RevocationService>();
        services.AddSingleton(new DataDirectory("none")).AddSingleton(given => new KeyFiles(given.GetRequiredService<DataDirectory>(), "none"));
        services.AddSingleton<ReportKey>().AddSingleton<SignedTime>();
        services.AddSingleton<IRegistrarRevocationStore>(new NoRegistrarRevocations()).AddSingleton<RegistrarRevocation>();

        services.AddSingleton<ICampaignStore>(NoCampaigns.Instance).AddSingleton<CampaignCatalog>().AddSingleton<CampaignService>();
        services.AddSingleton<IDeviceChangeStore>(_ => throw new NotSupportedException("Devices do not change in memory.")).AddSingleton<DeviceService>();
        services.AddSingleton<IExpiryStore>(_ => throw new NotSupportedException("Nothing ends in memory.")).AddSingleton<ForecastService>();
        services.AddSingleton<ISuccessionStore>(_ => throw new NotSupportedException("Nothing succeeds in memory.")).AddSingleton<SuccessionService>();

        services.AddSingleton<IFeedStore>(_ => throw new NotSupportedException("Nothing is told from memory."));
        services.AddSingleton<IWebhookStore>(_ => throw new NotSupportedException("Nothing is brought from memory.")).AddSingleton<WebhookService>();
        services.AddSingleton<FeedSignal>().AddSingleton(new FeedOptions());

        // Described only: what lots do needs a real database, and is proven on one.
        services.AddSingleton<ILotStore>(_ => throw new NotSupportedException("There are no lots in memory."));
        services.AddSingleton<LotService>().AddSingleton<LotScrapping>().AddSingleton<LotClosing>();
        services.AddRest().AddSwaggerDocument();
        services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, TestCallerHandler>("test", null);
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    private static CertificateRequest NewRequest(string commonName)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=" + commonName, key, HashAlgorithmName.SHA256);
    }
}
