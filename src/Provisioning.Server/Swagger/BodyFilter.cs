using Microsoft.OpenApi;
using Provisioning.Est;
using Provisioning.Rest.Wire;
using Provisioning.Status;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Provisioning.Server.Swagger;

/// <summary>Describes bodies, which the door reads raw.</summary>
internal sealed class BodyFilter : IOperationFilter
{
    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<StreamFacts>().FirstOrDefault() is { } stream) operation.RequestBody = Stream(stream, operation.OperationId);
        if (metadata.OfType<RawBodyFacts>().FirstOrDefault() is { } raw) operation.RequestBody = Raw(raw);
        if (metadata.OfType<TakesBody>().FirstOrDefault() is { } status) operation.RequestBody = Raw(new RawBodyFacts(status.MediaType));
        if (metadata.OfType<EstCredentials>().Any()) operation.RequestBody = Text();
        if (metadata.OfType<BodyFacts>().FirstOrDefault() is not { } facts) return;
        var body = new OpenApiRequestBody { Required = true, Content = new Dictionary<string, OpenApiMediaType>() };
        body.Content[MediaTypes.Json] = new OpenApiMediaType
        {
            Schema = context.SchemaGenerator.GenerateSchema(facts.Document, context.SchemaRepository),
            Example = SwaggerExamples.Of(SchemaNames.Of(facts.Document)),
        };
        operation.RequestBody = body;
        if (!facts.TakesRequest) return;

        body.Description = "JSON, or the certification request itself, DER (RFC 5967).";
        body.Content[MediaTypes.CertificationRequest] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
        };
        (operation.Parameters ??= []).Add(IdempotencyKey());
    }

    private static OpenApiRequestBody Raw(RawBodyFacts raw) => new()
    {
        Required = true,
        Content = raw.MediaTypes.ToDictionary(
            type => type,
            _ => new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } }),
    };

    private static OpenApiRequestBody Text() => new()
    {
        Required = true,
        Description = "The DER in base64, on one line or several.",
        Content = new Dictionary<string, OpenApiMediaType>
        {
            [EstEndpoints.RequestType] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String } },
        },
    };

    // A body of lines has no schema as a whole; its example is one line.
    private static OpenApiRequestBody Stream(StreamFacts stream, string? operation) => new()
    {
        Required = true,
        Description = "Of any length, read as it comes.",
        Content = stream.MediaTypes.ToDictionary(mediaType => mediaType, mediaType => new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = SwaggerExamples.Lines(operation!, mediaType),
        }),
    };

    private static OpenApiParameter IdempotencyKey() => new()
    {
        Name = "Idempotency-Key",
        In = ParameterLocation.Header,
        Description = "Names this request, so that a retry is known as one and gets the same answer.",
        Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            MinLength = 1,
            MaxLength = Core.Enrollment.EnrollmentService.MaxRequestKeyLength,
            Pattern = "^[!-~]+$",
        },
    };
}
