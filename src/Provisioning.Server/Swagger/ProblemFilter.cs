using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Provisioning.Rest;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Provisioning.Server.Swagger;

/// <summary>
/// Describes every problem that an operation may answer with: one response per status, with its codes.
/// </summary>
internal sealed class ProblemFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var kinds = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<RefusalFacts>()
            .SelectMany(facts => facts.Kinds)
            .DistinctBy(kind => kind.Code);
        var schema = context.SchemaGenerator.GenerateSchema(RefusalFacts.Document, context.SchemaRepository);
        foreach (var status in kinds.GroupBy(kind => kind.Status).OrderBy(group => group.Key))
        {
            var code = status.Key.ToString(CultureInfo.InvariantCulture);
            ProblemKind[] sorted = [.. status.OrderBy(kind => kind.Code, StringComparer.Ordinal)];
            var response = Describe(sorted, schema);
            (operation.Responses ??= [])[code] = sorted.Length == 1
                ? Share(sorted[0], response, context.Document)
                : response;
        }
    }

    // What many operations answer with, word for word, is written down once.
    private static OpenApiResponseReference Share(ProblemKind kind, OpenApiResponse response, OpenApiDocument document)
    {
        var components = document.Components ??= new OpenApiComponents();
        var responses = components.Responses ??= new Dictionary<string, IOpenApiResponse>();
        responses[kind.Code] = response;
        return new OpenApiResponseReference(kind.Code, document);
    }

    private static OpenApiResponse Describe(ProblemKind[] kinds, IOpenApiSchema schema)
    {
        var response = new OpenApiResponse
        {
            Description = string.Join('\n', kinds.Select(kind => $"- `{kind.Code}`: {kind.Title}")),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [MediaTypes.Problem] = new() { Schema = schema, Example = ToExample(kinds[0]) },
            },
            Headers = new Dictionary<string, IOpenApiHeader>
            {
                [Problems.ErrorHeader] = new OpenApiHeader
                {
                    Description = "The code.",
                    Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Enum = [.. kinds.Select(kind => (JsonNode)kind.Code)],
                    },
                },
                [CertificateHeaders.ServerTime] = new OpenApiHeader
                {
                    Description = "The service's clock, Unix seconds.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
                },
            },
        };
        if (kinds[0].Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers["Retry-After"] = new OpenApiHeader
            {
                Description = "Seconds to wait.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
            };
        }

        return response;
    }

    private static JsonObject ToExample(ProblemKind kind) => new()
    {
        ["type"] = "/problems/" + kind.Code,
        ["title"] = kind.Title,
        ["status"] = kind.Status,
        ["detail"] = "What happened, and what to do about it.",
        ["code"] = kind.Code,
    };
}
