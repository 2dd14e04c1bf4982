using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Rest.Wire;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Provisioning.Server.Swagger;

/// <summary>
/// Narrows texts to what they may be: the door binds them as texts, because it refuses what does not fit with a
/// sentence of its own.
/// </summary>
internal sealed class NamesFilter : ISchemaFilter, IParameterFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is OpenApiSchema property && FindNames(context.MemberInfo) is { } names)
            Narrow(property, names);
    }

    public void Apply(IOpenApiParameter parameter, ParameterFilterContext context)
    {
        if (parameter.Schema is not OpenApiSchema schema) return;
        if (context.ParameterInfo?.GetCustomAttribute<NamesOfAttribute>() is { } names) Narrow(schema, names);
        switch (parameter.Name)
        {
            case "limit":
                schema.Type = JsonSchemaType.Integer;
                (schema.Minimum, schema.Maximum, schema.Default) = ("1", "500", 100);
                break;
            case "expiresBefore":
                schema.Format = "date-time";
                break;
        }
    }

    // The core knows nothing of the description of the API.
    private static NamesOfAttribute? FindNames(MemberInfo? member) =>
        member is { Name: nameof(RevocationEventDocument.Type) } && member.DeclaringType == typeof(RevocationEventDocument)
            ? new NamesOfAttribute(typeof(FeedEventKind))
            : member?.GetCustomAttribute<NamesOfAttribute>();

    private static void Narrow(OpenApiSchema schema, NamesOfAttribute names)
    {
        if (schema.Items is OpenApiSchema items)
        {
            Narrow(items, names);
            return;
        }

        schema.Enum = [.. WireNames.AllOf(names.Enumeration).Select(name => (JsonNode)name)];
        if (schema.Type?.HasFlag(JsonSchemaType.Null) == true) schema.Enum.Add(JsonNullSentinel.JsonNull);
    }
}
