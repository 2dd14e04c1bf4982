using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Rest.Bulk;
using Provisioning.Rest.Feed;
using Provisioning.Rest.Webhooks;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>The REST door: <c>/api/v1</c> and the explanations of its problems.</summary>
public static class RestEndpoints
{
    /// <summary>Where all operations are.</summary>
    public const string Root = "/api/v1";

    /// <summary>
    /// Adds what the door needs beside the core. The host registers the core's services: EnrollmentService, EnrollmentExplainer,
    /// RevocationService, RefusalNotice, ICertificateStore, IDeviceStore, ProfileService, IProfileStore, AuthorityDirectory, PublicAddresses and
    /// TimeProvider.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <returns>The same.</returns>
    public static IServiceCollection AddRest(this IServiceCollection services) =>
        services.AddSingleton<StreamPlaces>();

    /// <summary>Maps every operation. Each says itself which roles may call it.</summary>
    /// <param name="routes">The host's routes.</param>
    /// <returns>The group of all operations, for conventions such as rate limits.</returns>
    public static RouteGroupBuilder MapRest(this IEndpointRouteBuilder routes)
    {
        routes.MapProblems();
        var root = routes.MapGroup(Root).WithMetadata(EndpointFacts.Everywhere);
        root.MapEnrollments();
        root.MapRenewals();
        root.MapSelf();
        root.MapDevices();
        root.MapDeviceChanges();
        root.MapCertificates();
        root.MapRevocations();
        root.MapWebhooks();
        root.MapRevocationJobs();
        root.MapAuthorities();
        root.MapGroups();
        root.MapCampaigns();
        root.MapForecast();
        root.MapAudit();
        root.MapPrincipals();
        root.MapApprovals();
        root.MapImports();
        root.MapExports();
        root.MapProfiles();
        root.MapLots();
        root.MapTokens();
        root.MapClaimBatches();
        root.MapTrustAnchors();
        root.MapManifests();
        return root;
    }
}
