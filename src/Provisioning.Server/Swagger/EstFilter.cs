using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Provisioning.Est;
using Provisioning.Rest;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Provisioning.Server.Swagger;

/// <summary>
/// Describes what the operations of EST have in common: the label in the path, which the handlers read from the route, since one serves the paths
/// with and without it; and the errors.
/// </summary>
internal sealed class EstFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        if (context.ApiDescription.RelativePath is not { } path || !path.StartsWith(EstEndpoints.Root[1..], StringComparison.Ordinal)) return;
        if (path.Contains($"{{{EstEndpoints.Label}}}", StringComparison.Ordinal)) (operation.Parameters ??= []).Add(LabelParameter());
        if (operation.Responses?.TryGetValue("202", out var pending) == true && pending is OpenApiResponse { Headers: null } later)
            later.Headers = new Dictionary<string, IOpenApiHeader> { ["Retry-After"] = Seconds() };
        (operation.Responses ??= [])["default"] = Error();
    }

    private static OpenApiParameter LabelParameter() => new()
    {
        Name = EstEndpoints.Label,
        In = ParameterLocation.Path,
        Required = true,
        Description = "The enrollment group.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = "default",
    };

    private static OpenApiResponse Error() => new()
    {
        Description = "Refused, or not possible now: one line of text, which begins with the code. 401 asks for HTTP Basic; 429 and 503 tell in "
            + "Retry-After when to come back.",
        Headers = new Dictionary<string, IOpenApiHeader>
        {
            [Problems.ErrorHeader] = new OpenApiHeader
            {
                Description = "The code, as explained at `/problems`.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        },
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["text/plain"] = new()
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                Example = JsonValue.Create("not-allowed: This credential may not do that."),
            },
        },
    };

    private static OpenApiHeader Seconds() => new()
    {
        Description = "Seconds to wait.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
    };
}
