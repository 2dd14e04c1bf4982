using Microsoft.OpenApi;
using Provisioning.Rest.Wire;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Provisioning.Server.Swagger;

/// <summary>Describes the headers that tell of versions (RFC 9110 §13.1).</summary>
internal sealed class PreconditionFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var facts = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<VersionFacts>().FirstOrDefault();
        if (facts is null) return;
        if (operation.Responses?["200"] is OpenApiResponse answer)
        {
            (answer.Headers ??= new Dictionary<string, IOpenApiHeader>())["ETag"] = new OpenApiHeader
            {
                Description = "The number of the version, in quotes.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
        }

        if (!facts.TakesPrecondition) return;
        var parameters = operation.Parameters ??= [];
        parameters.Add(Header("If-Match", "The ETag of the version that was read, or * for any."));
        if (facts.MayCreate) parameters.Add(Header("If-None-Match", "Only *: nothing is replaced."));
    }

    private static OpenApiParameter Header(string name, string description) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
