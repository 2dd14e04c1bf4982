using System.Text.Json;
using System.Text.Json.Nodes;

namespace Provisioning.Cli.Api;

/// <summary>A definition in a file.</summary>
internal static class JsonFile
{
    /// <summary>Reads an object.</summary>
    /// <exception cref="FailureException">There is none in the file.</exception>
    internal static async Task<JsonObject> ReadAsync(string path, CancellationToken ct)
    {
        if (!File.Exists(path)) throw FailureException.Usage($"There is no file '{path}'.");
        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(path, ct)) as JsonObject
                ?? throw FailureException.Usage($"'{path}' does not hold a JSON object.");
        }
        catch (JsonException malformed)
        {
            throw FailureException.Usage($"'{path}' is not JSON: {malformed.Message}", malformed);
        }
    }
}
