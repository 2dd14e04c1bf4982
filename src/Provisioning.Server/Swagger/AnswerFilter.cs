using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Provisioning.Rest;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Provisioning.Server.Swagger;

/// <summary>
/// Describes good answers: examples, the encoded forms of certificates, and the headers that firmware reads.
/// </summary>
internal sealed class AnswerFilter : IOperationFilter
{
    private static readonly OpenApiSchema Seconds = new() { Type = JsonSchemaType.Integer, Format = "int64" };

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        // What the other doors answer is not in the forms of REST, and said where they are mapped.
        if (context.ApiDescription.RelativePath?.StartsWith(RestEndpoints.Root[1..], StringComparison.Ordinal) != true) return;
        foreach (var type in context.ApiDescription.SupportedResponseTypes)
        {
            if (type.StatusCode >= 400 || type.Type is null) continue;
            var status = type.StatusCode.ToString(CultureInfo.InvariantCulture);
            if (operation.Responses?[status] is not OpenApiResponse answer) continue;
            answer.Description = type.StatusCode != StatusCodes.Status201Created ? "As asked."
                : answer.Content?.ContainsKey(MediaTypes.Certificate) == true ? "Issued, now or before."
                : "Made.";
            Describe(answer, SchemaNames.Of(type.Type), type.StatusCode);
            if (operation.OperationId == "revokeCertificate") answer.Content![MediaTypes.Json].Example = Revoked();
            if (operation.OperationId is "addWebhook" or "rotateWebhookSecret") answer.Content![MediaTypes.Json].Example = WithSecret();
            if (operation.OperationId == "releaseCertificate") answer.Content![MediaTypes.Json].Example = Listed();
        }
    }

    private static void Describe(OpenApiResponse answer, string schema, int status)
    {
        if (answer.Content is not { } content) return;
        foreach (var mediaType in content.Keys.Where(key => key is MediaTypes.Json or MediaTypes.Lines).ToList())
            content[mediaType].Example = SwaggerExamples.Of(schema);
        if (content.ContainsKey(MediaTypes.Csv))
            content[MediaTypes.Csv] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        if (content.ContainsKey(MediaTypes.Events)) content[MediaTypes.Events] = Stream();
        DescribeReport(content);
        if (content.ContainsKey(MediaTypes.Png))
        {
            content[MediaTypes.Text] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
            content[MediaTypes.Png] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        }

        if (!content.ContainsKey(MediaTypes.Certificate)) return;

        content[MediaTypes.Certificate] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
        };
        content[MediaTypes.Chain] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = schema == "Authority" ? SwaggerExamples.ChainAbove() : SwaggerExamples.Chain(),
        };
        if (schema == "Authority") return;

        var headers = answer.Headers ??= new Dictionary<string, IOpenApiHeader>();
        headers[CertificateHeaders.SerialNumber] = Header("The serial number, upper-case hex.", null);
        headers[CertificateHeaders.ServerTime] = Header("The service's clock, Unix seconds.", Seconds);
        if (schema == "Certificate") return;

        headers[CertificateHeaders.RenewAfter] = Header("Not worth renewing before, Unix seconds.", Seconds);
        headers[CertificateHeaders.RenewBefore] = Header("Should be renewed by then, Unix seconds.", Seconds);
        if (status == StatusCodes.Status201Created)
            headers["Location"] = Header("Where the certificate is read.", null);
    }

    private static JsonNode WithSecret()
    {
        var webhook = SwaggerExamples.Of("Webhook")!;
        webhook["secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwuZrQ1rG6Ctk=";
        return webhook;
    }

    private static OpenApiMediaType Stream()
    {
        var told = SwaggerExamples.Of("RevocationEvent")!;
        return new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = $"retry: 1000\n\nid: {(string?)told["id"]}\ndata: {told.ToJsonString()}\n\n",
        };
    }

    private static void DescribeReport(IDictionary<string, OpenApiMediaType> content)
    {
        if (!content.ContainsKey(MediaTypes.Jose)) return;
        content[MediaTypes.Json].Example = SwaggerExamples.Of("LotReport");
        content[MediaTypes.Jose] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
    }

    // As lists show it, without the certificate itself.
    private static JsonNode Listed() => SwaggerExamples.Of("CertificatePage")!["items"]![0]!.DeepClone();

    private static JsonNode Revoked()
    {
        var certificate = Listed();
        certificate["state"] = "revoked";
        certificate["revokedAt"] = "2026-11-22T03:10:00Z";
        certificate["revocationReason"] = SwaggerExamples.Of("RevocationBody")!["reason"]!.DeepClone();
        return certificate;
    }

    private static OpenApiHeader Header(string description, OpenApiSchema? schema) => new()
    {
        Description = description,
        Schema = schema ?? new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
