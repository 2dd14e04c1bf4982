using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.OpenApi;
using Provisioning.Core.Enrollment;
using Provisioning.Est;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Provisioning.Server.Swagger;

/// <summary>
/// What belongs to no operation: where the service is, how callers prove themselves, what the groups are.
/// </summary>
internal sealed class DocumentFilter : IDocumentFilter
{
    private const string Scheme = "clientCertificate";
    private const string TokenScheme = "enrollmentToken";
    private const string PasswordScheme = "tokenAsPassword";

    public void Apply(OpenApiDocument swaggerDoc, DocumentFilterContext context)
    {
        swaggerDoc.Servers = [new OpenApiServer { Url = "/", Description = "The service that this comes from." }];
        swaggerDoc.Tags = new HashSet<OpenApiTag>
        {
            Tag("Enrollment", "Certificates for devices: the first one, the next ones, one's own."),
            Tag("EST", "The same for clients that speak Enrollment over Secure Transport (RFC 7030); errors are a line of text, which begins with the code."),
            Tag("Devices", "The registry of devices."),
            Tag("Certificates", "Everything that was signed, and its revocation."),
            Tag("Revocations", "What was revoked, held and released, as it happens, for brokers, gateways and other relying parties."),
            Tag("Webhooks", "Receivers that the same is brought to."),
            Tag("Births", "Manufacturers whose birth certificates (IDevID, IEEE 802.1AR) are honored."),
            Tag("Claims", "Claim certificates: shared by a batch of devices, each of which claims itself once."),
            Tag("Manifests", "Devices that are expected with a certain key, such as that of their secure element."),
            Tag("Profiles", "What certificates contain, with every version."),
            Tag("Tokens", "Enrollment tokens, for labels and installers."),
            Tag("Audit", "The record of everything that was done."),
            Tag("Authorities", "The certificate authorities; public."),
            Tag("Status", "What relying parties fetch, over plain HTTP too; public."),
            Tag("Health", "What load balancers and operators ask, over plain HTTP too; public."),
        };
        swaggerDoc.Components ??= new OpenApiComponents();
        swaggerDoc.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.MutualTLS,
                Description = "A client certificate that this service has issued. Browsers ask which one to show.",
            },
            [TokenScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An enrollment token, without a client certificate.",
            },
            [PasswordScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "basic",
                Description = "An enrollment token as the password, with any user name; beside a client certificate where the group demands both.",
            },
        };
        var forTokens = NamesOf(context.ApiDescriptions.Where(IsForTokens));
        var forPasswords = NamesOf(context.ApiDescriptions.Where(
            description => description.ActionDescriptor.EndpointMetadata.OfType<EstCredentials>().Any(credentials => credentials.TakesToken)));
        var forEverybody = NamesOf(context.ApiDescriptions.Where(
            description => description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any()));
        foreach (var operation in swaggerDoc.Paths.Values.SelectMany(path => path.Operations!.Values))
        {
            var id = operation.OperationId ?? "";
            operation.Security = forEverybody.Contains(id) ? [] : [Requirement(Scheme)];
            if (forPasswords.Contains(id)) operation.Security.Add(Requirement(PasswordScheme));
            else if (forTokens.Contains(id)) operation.Security.Add(Requirement(TokenScheme));
        }

        OpenApiSecurityRequirement Requirement(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, swaggerDoc)] = [] };
    }

    private static HashSet<string> NamesOf(IEnumerable<ApiDescription> descriptions) => descriptions
        .Select(description => description.ActionDescriptor.EndpointMetadata.OfType<IEndpointNameMetadata>().LastOrDefault()?.EndpointName ?? "").ToHashSet();

    // Each of several policies must be met.
    private static bool IsForTokens(ApiDescription description) => description.ActionDescriptor.EndpointMetadata
        .OfType<AuthorizationPolicy>().SelectMany(policy => policy.Requirements).OfType<RolesAuthorizationRequirement>().ToList() is { Count: > 0 } all
        && all.TrueForAll(roles => roles.AllowedRoles.Contains(Roles.Token));

    private static OpenApiTag Tag(string name, string description) => new() { Name = name, Description = description };
}
