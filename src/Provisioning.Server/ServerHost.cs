using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Provisioning.Core.Approvals;
using Provisioning.Core.Authorities;
using Provisioning.Core.Births;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates.KeySearch;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Expiry;
using Provisioning.Core.Lots;
using Provisioning.Core.Manifests;
using Provisioning.Core.Profiles;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Core.Webhooks;
using Provisioning.Est;
using Provisioning.Rest;
using Provisioning.Server.Authentication;
using Provisioning.Server.Configuration;
using Provisioning.Server.Errors;
using Provisioning.Server.Jobs;
using Provisioning.Server.Limits;
using Provisioning.Server.Observability;
using Provisioning.Server.Swagger;
using Provisioning.Server.Tls;
using Provisioning.Server.Webhooks;
using Provisioning.Status;

namespace Provisioning.Server;

/// <summary>Puts the service together: one opened instance, its doors, and what listens.</summary>
internal static partial class ServerHost
{
    /// <summary>Builds the host, ready to be started. The instance is made and owned by the caller, and outlives the host.</summary>
    /// <exception cref="StartupException">The server gets no certificate of its own; the message says why.</exception>
    internal static async Task<WebApplication> BuildAsync(WebApplicationBuilder builder, Instance instance, AuthorityDirectory authorities)
    {
        var options = instance.Options;
        var isDevelopment = builder.Environment.IsDevelopment();
        var certificate = new ServerCertificate(
            instance.Data, instance.Keys, instance.Database.Certificates, instance.Issuer, authorities, instance.Profiles["service"],
            ServerNames.Of(options, isDevelopment), options.PublicName, instance.Clock, instance.Time);
        try
        {
            await certificate.EnsureAsync();
        }
        catch (IssuanceRefusedException problem)
        {
            throw StartupException.Of(problem);
        }

        // Made by the container, which ends what it has made.
        builder.Services.AddSingleton(_ => HttpsListener.Gate());
        builder.Services.AddSingleton(services => new Connections(
            options.Limits.Connections, TimeProvider.System, services.GetRequiredService<ILogger<Connections>>()));
        builder.WebHost.ConfigureKestrel(kestrel => HttpsListener.Configure(
            kestrel, options, options.Addresses(isDevelopment), certificate, authorities,
            kestrel.ApplicationServices.GetRequiredService<HandshakeGate>(), kestrel.ApplicationServices.GetRequiredService<Connections>()));
        builder.WebHost.UseShutdownTimeout(TimeSpan.FromSeconds(30));

        builder.Services.AddCore(instance, authorities, certificate);
        builder.Services.AddSingleton(await instance.StartGroupsAsync());
        builder.Services.AddRest();
        builder.Services.AddSwaggerDocument();
        builder.Services.AddCallers();
        builder.Services.AddSingleton(_ => new DeviceGate(options.Limits.DevicesAtOnce, TimeProvider.System));
        builder.Services.AddRateLimiter(limiter => CallerLimits.Configure(limiter, options.Limits));
        builder.Services.AddSingleton<PlainListenerRule>();
        builder.Services.AddOcsp(instance);
        builder.Services.AddWebhooks(options.Webhooks);
        builder.Services.AddJobs();
        builder.Services.AddObservability();

        var app = builder.Build();
        app.Use(HeldConnection.ServeAsync);
        app.UseMiddleware<ErrorMiddleware>();
        app.UseRouting();
        app.Use(app.Services.GetRequiredService<PlainListenerRule>().InvokeAsync);
        app.UseAuthentication();
        app.UseRateLimiter();
        app.Use(app.Services.GetRequiredService<DeviceGate>().InvokeAsync);
        app.UseAuthorization();
        app.UseSwaggerDocument();
        app.MapRest();
        if (options.Est.Enabled) app.MapEst();
        app.MapStatus();
        if (options.Ocsp.Enabled) app.MapOcsp();
        app.MapHealth();
        app.MapMetrics(Settings.MetricsScrapers(options));
        _ = app.Services.GetRequiredService<MetricsCollector>();
        _ = app.Services.GetRequiredService<ExpiryGauges>();
        foreach (var note in instance.ProfileNotes) Log.Profile(app.Logger, note);
        return app;
    }

    private static void AddCore(
        this IServiceCollection services, Instance instance, AuthorityDirectory authorities, ServerCertificate certificate) => services
        .AddSingleton(instance.Time)
        .AddSingleton(instance.Clock)
        .AddSingleton(instance.Addresses)
        .AddSingleton(instance.Ca)
        .AddSingleton(instance.Profiles)
        .AddSingleton(instance.Crl)
        .AddSingleton(instance.Database)
        .AddSingleton(instance.Database.Certificates)
        .AddSingleton(instance.Database.Devices)
        .AddSingleton(instance.Database.Revocations)
        .AddSingleton(instance.Database.Crls)
        .AddSingleton(instance.Database.Feed)
        .AddSingleton(instance.Database.FeedSignal)
        .AddSingleton(instance.Database.Webhooks)
        .AddSingleton(instance.Options.Feed.ToOptions())
        .AddSingleton(instance.Database.RevocationJobs)
        .AddSingleton(instance.Database.RegistrarRevocations)
        .AddSingleton(instance.Options.Revocation.ToOptions())
        .AddSingleton(instance.Database.Authorities)
        .AddSingleton(instance.Database.Audit)
        .AddSingleton(instance.Database.Principals)
        .AddSingleton(instance.Database.Tokens)
        .AddSingleton(instance.Data)
        .AddSingleton(instance.TrustAnchors)
        .AddSingleton(instance.Database.TrustAnchors)
        .AddSingleton(instance.Database.ManifestSigners)
        .AddSingleton(instance.Database.ClaimBatches)
        .AddSingleton(instance.Database.ExpectedDevices)
        .AddSingleton(instance.Database.Groups)
        .AddSingleton(instance.Database.Admissions)
        .AddSingleton(instance.Database.Approvals)
        .AddSingleton(instance.Database.Refusals)
        .AddSingleton(instance.Database.Imports)
        .AddSingleton(instance.Database.KeySearch)
        .AddSingleton(instance.Database.Lots)
        .AddSingleton(instance.Database.Successions)
        .AddSingleton(instance.Database.Expiry)
        .AddSingleton(instance.Database.DeviceChanges)
        .AddSingleton(instance.Database.Campaigns)
        .AddSingleton(instance.Campaigns)
        .AddSingleton(instance.Groups)
        .AddSingleton(instance.Database.Profiles)
        .AddSingleton(authorities)
        .AddSingleton(certificate)
        .AddSingleton<CallerIdentification>()
        .AddSingleton<DeviceIdentification>()
        .AddSingleton<TokenIdentification>()
        .AddSingleton<BirthIdentification>()
        .AddSingleton<TrustAnchorService>()
        .AddSingleton<ManifestService>()
        .AddSingleton<TokenService>()
        .AddSingleton<CredentialIssuer>()
        .AddSingleton<PrincipalService>()
        .AddSingleton<ClaimBatchService>()
        .AddSingleton<ExpectedDevices>()
        .AddSingleton<RenewalWindows>()
        .AddSingleton<EnrollmentCases>()
        .AddSingleton<ApprovalGate>()
        .AddSingleton<RefusalLog>()
        .AddSingleton<SuspicionLimit>()
        .AddSingleton<RefusalNotice>()
        .AddSingleton<RegistrationRules>()
        .AddSingleton<DeviceImport>()
        .AddSingleton<EnrollmentService>()
        .AddSingleton<EnrollmentExplainer>()
        .AddSingleton(instance.Data)
        .AddSingleton(instance.Keys)
        .AddSingleton<LotService>()
        .AddSingleton<LotScrapping>()
        .AddSingleton<LotClosing>()
        .AddSingleton<ReportKey>()
        .AddSingleton<SignedTime>()
        .AddSingleton<RevocationService>()
        .AddSingleton<RegistrarRevocation>()
        .AddSingleton<RevocationJobSignal>()
        .AddSingleton<RevocationJobService>()
        .AddSingleton<RevocationJobRunner>()
        .AddSingleton<SharedPrimeSearch>()
        .AddSingleton<SuccessionService>()
        .AddSingleton<ForecastService>()
        .AddSingleton<ExpiryWatch>()
        .AddSingleton<DeviceService>()
        .AddSingleton<CampaignService>()
        .AddSingleton<ProfileService>()
        .AddSingleton<PublishedCrls>()
        .AddSingleton<CrlSignal>()
        .AddSingleton<CrlPublisher>()
        .AddSingleton<CrlSchedule>();

    private static void AddCallers(this IServiceCollection services)
    {
        services.AddAuthentication(CallerAuthenticationHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, CallerAuthenticationHandler>(CallerAuthenticationHandler.SchemeName, null);

        // What an endpoint forgets to say is refused, and so is what no endpoint serves.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder()
            .RequireAssertion(context =>
                context.User.IsInRole(Roles.Administrator) || IsRoutersOwnAnswer(context.Resource) || IsNothingOfEst(context.Resource))
            .Build());
    }

    // The router answers 405 and 415 by endpoints of its own, which are not made from a route.
    private static bool IsRoutersOwnAnswer(object? resource) =>
        resource is HttpContext context && context.GetEndpoint() is { } endpoint and not RouteEndpoint && endpoint.Metadata.Count == 0;

    // What there is of EST stands in its RFC, and its clients tell "not served" (404) from "not for you".
    private static bool IsNothingOfEst(object? resource) =>
        resource is HttpContext context && context.GetEndpoint() is null && EstErrors.IsSpokenAt(context);

    // Without it nobody asks, and only the audit wants to know how answers would be signed.
    private static void AddOcsp(this IServiceCollection services, Instance instance)
    {
        services
            .AddSingleton(instance.Options.Ocsp.ToOptions())
            .AddSingleton(instance.Database.CertificateStatuses)
            .AddSingleton<OcspSigners>()
            .AddSingleton<OcspResponder>();
        if (instance.Options.Ocsp.Enabled) services.AddHostedService<OcspJob>();
    }

    private static void AddWebhooks(this IServiceCollection services, ServerOptions.WebhookSection options) => services
        .AddSingleton(options.ToTargets())
        .AddSingleton(options.ToOptions())
        .AddSingleton(new WebhookTrust(options.TrustFile))
        .AddSingleton<WebhookSecrets>()
        .AddSingleton<IWebhookSender, WebhookSender>()
        .AddSingleton<WebhookCourier>()
        .AddSingleton<WebhookService>()
        .AddHostedService<WebhookJob>();

    private static void AddJobs(this IServiceCollection services) => services
        .AddHostedService<ApprovalCleanupJob>()
        .AddHostedService<AuditHeadJob>()
        .AddHostedService<CrlJob>()
        .AddHostedService<DamagedRowLog>()
        .AddHostedService<ExpiryJob>()
        .AddHostedService<FeedJob>()
        .AddHostedService<LotReportJob>()
        .AddHostedService<ManufacturerCrlJob>()
        .AddHostedService<ReservationSweepJob>()
        .AddHostedService<RevocationWork>()
        .AddHostedService<RefusalLogJob>()
        .AddHostedService<ServerCertificateJob>()
        .AddHostedService<SharedPrimeJob>()
        .AddHostedService<SuccessionJob>()
        .AddHostedService<StorageFailureJob>();

    private static void AddObservability(this IServiceCollection services) => services
        .AddSingleton<MetricsCollector>()
        .AddSingleton<ExpiryGauges>()
        .AddSingleton<Readiness>();

    private static partial class Log
    {
        [LoggerMessage(1402, LogLevel.Warning, "{Note}")]
        internal static partial void Profile(ILogger logger, string note);
    }
}
