using System.Text.Json;
using System.Text.Json.Nodes;

namespace Provisioning.Cli.Api;

/// <summary>Compares what was sent with what is there, to know one's own work after an answer was lost.</summary>
internal static class Definitions
{
    /// <summary>Whether a definition says everything that was sent; what was not named in it may be anything.</summary>
    internal static bool Says(this JsonObject definition, JsonObject sent) =>
        Says(JsonSerializer.SerializeToElement(definition, ApiJson.TypeOf<JsonObject>()), JsonSerializer.SerializeToElement(sent, ApiJson.TypeOf<JsonObject>()));

    private static bool Says(JsonElement there, JsonElement sent) => (there.ValueKind, sent.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) => sent.EnumerateObject().All(field =>
            there.TryGetProperty(field.Name, out var value) ? Says(value, field.Value) : field.Value.ValueKind == JsonValueKind.Null),
        (JsonValueKind.Array, JsonValueKind.Array) => there.GetArrayLength() == sent.GetArrayLength()
            && there.EnumerateArray().Zip(sent.EnumerateArray(), Says).All(same => same),

        // One time has several spellings.
        (JsonValueKind.String, JsonValueKind.String) when there.TryGetDateTimeOffset(out var one) && sent.TryGetDateTimeOffset(out var other) => one == other,
        _ => JsonElement.DeepEquals(there, sent),
    };
}
