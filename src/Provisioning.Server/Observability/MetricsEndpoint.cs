using System.Net;
using Provisioning.Core.Enrollment;
using Provisioning.Status;

namespace Provisioning.Server.Observability;

/// <summary><c>/metrics</c>, for administrators and for the scrapers that are configured by address.</summary>
internal static class MetricsEndpoint
{
    internal static void MapMetrics(this IEndpointRouteBuilder routes, IReadOnlyList<System.Net.IPNetwork> scrapers) =>
        routes.MapGet("/metrics", Get)
            .WithMetadata(new ServedOnPlainHttpAttribute())
            .ExcludeFromDescription()
            .RequireAuthorization(policy => policy.RequireAssertion(context =>
                context.User.IsInRole(Roles.Administrator)
                || (context.Resource is HttpContext http && IsScraper(http.Connection.RemoteIpAddress, scrapers))));

    private static bool IsScraper(IPAddress? address, IReadOnlyList<System.Net.IPNetwork> scrapers)
    {
        if (address is null) return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return scrapers.Any(network => network.Contains(plain));
    }

    private static IResult Get(MetricsCollector collector) => Results.Text(collector.Write(), PrometheusText.ContentType);
}
