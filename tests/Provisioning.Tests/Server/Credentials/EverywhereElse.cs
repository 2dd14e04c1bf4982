using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>Tries a credential on every operation that the running server has, but the enrollment of a device.</summary>
internal static class EverywhereElse
{
    // Names of operations that enroll, or tell whoever enrolls how far it is.
    internal static readonly string[] Enrolling =
    [
        "enrollDevice", "collectEnrollment", "estSimpleEnroll", "estSimpleEnrollOfGroup", "estServerKeyGen", "estServerKeyGenOfGroup",
    ];

    // allowed: names of operations that this credential is for; those that enroll when there are none.
    internal static async Task IsRefusedAsync(TestServer server, HttpClient client, params string[] allowed)
    {
        var tried = 0;
        foreach (var endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null) continue;
            var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName;
            if ((allowed.Length == 0 ? Enrolling : allowed).Contains(name)) continue;
            var path = Fill(endpoint.RoutePattern);
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                using var response = await client.SendAsync(request);
                Assert.True(response.StatusCode == HttpStatusCode.Forbidden, $"{method} {path}: {(int)response.StatusCode}");
                Assert.Equal("not-allowed", Assert.Single(response.Headers.GetValues("Provisioning-Error")));
                tried++;
            }
        }

        Assert.True(tried > 20, $"Only {tried} operations were found.");
    }

    private static string Fill(Microsoft.AspNetCore.Routing.Patterns.RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(
        segment => string.Concat(segment.Parts.Select(part =>
            part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x"))));
}
