using Microsoft.OpenApi;
using Provisioning.Core.Enrollment;
using Provisioning.Est;
using Provisioning.Rest;
using Provisioning.Status;

namespace Provisioning.Server.Swagger;

/// <summary>
/// The description of the API (OpenAPI 3.1.1) and its page. Both are public: they hold nothing that the repository does
/// not, and whoever is to use them needs them before the first certificate. The operations behind them ask for one.
/// </summary>
internal static class SwaggerSetup
{
    // Swagger UI writes styles into elements; everything else comes from this service, and nothing from elsewhere.
    private const string ContentPolicy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

    internal static IServiceCollection AddSwaggerDocument(this IServiceCollection services)
    {
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(SwaggerDocument.Name, Info());
            options.CustomSchemaIds(SchemaNames.Of);
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            options.IncludeXmlComments(typeof(RestEndpoints).Assembly);
            options.IncludeXmlComments(typeof(EnrollmentService).Assembly);
            options.IncludeXmlComments(typeof(EstEndpoints).Assembly);
            options.IncludeXmlComments(typeof(StatusEndpoints).Assembly);
            options.IncludeXmlComments(typeof(SwaggerSetup).Assembly);
            options.SchemaFilter<NamesFilter>();
            options.ParameterFilter<NamesFilter>();
            options.OperationFilter<BodyFilter>();
            options.OperationFilter<AnswerFilter>();
            options.OperationFilter<EstFilter>();
            options.OperationFilter<PreconditionFilter>();
            options.OperationFilter<ProblemFilter>();
            options.DocumentFilter<DocumentFilter>();
        });
        return services.AddSingleton<SwaggerDocument>();
    }

    internal static void UseSwaggerDocument(this WebApplication app)
    {
        app.MapGet("/openapi.yaml", WriteYaml).AllowAnonymous().ExcludeFromDescription();
        app.MapGet(SwaggerDocument.JsonPath, WriteJson).AllowAnonymous().ExcludeFromDescription();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/swagger"), branch => branch.Use(AddPolicy));
        app.MapSwaggerUI("swagger", options =>
        {
            options.DocumentTitle = "Provisioning";
            options.SwaggerEndpoint(SwaggerDocument.JsonPath, "Provisioning " + SwaggerDocument.Name);
            options.DisplayRequestDuration();
            options.EnableDeepLinking();
        }).AllowAnonymous();
    }

    private static OpenApiInfo Info() => new()
    {
        Title = "Provisioning",
        Version = SwaggerDocument.Name,
        Description =
            """
            A private certificate authority for devices. A factory line enrolls them, devices renew by themselves,
            administrators revoke.

            Callers show a client certificate that this service has issued (mutual TLS). Errors are problem details
            (RFC 9457) with a stable `code`, which is also in the header `Provisioning-Error`; all of them are explained
            at `/problems`. Clients of EST (RFC 7030) find the same behind `/.well-known/est`, with errors in plain text.
            Every answer has a Content-Length. Times are RFC 3339 in UTC, in headers Unix seconds.
            """,
        License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
    };

    private static Task AddPolicy(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentPolicy;
        return next(context);
    }

    private static async Task<IResult> WriteYaml(SwaggerDocument document, CancellationToken ct) =>
        Results.Bytes(await document.GetYamlAsync(ct), "application/yaml");

    private static async Task<IResult> WriteJson(SwaggerDocument document, CancellationToken ct) =>
        Results.Bytes(await document.GetJsonAsync(ct), "application/json");
}
