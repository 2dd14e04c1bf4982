using System.Text.Json.Nodes;
using Provisioning.Rest.Wire;

namespace Provisioning.Server.Swagger;

/// <summary>
/// The examples of the description, one file per schema. The certification request in them is a real one and verifies,
/// so that "Try it out" enrolls a device with one click.
/// </summary>
internal static class SwaggerExamples
{
    /// <summary>Reads the example of a schema.</summary>
    /// <param name="schema">The schema's name in the description.</param>
    /// <returns>A new node, or null when the schema has no example.</returns>
    internal static JsonNode? Of(string schema)
    {
        var name = $"{typeof(SwaggerExamples).Namespace}.Examples.{schema}.json";
        using var file = typeof(SwaggerExamples).Assembly.GetManifestResourceStream(name);
        return file is null ? null : JsonNode.Parse(file);
    }

    /// <summary>The lines of a streamed body.</summary>
    /// <param name="operation">The operation's name.</param>
    /// <param name="mediaType">NDJSON or CSV.</param>
    /// <returns>The example; null when there is none.</returns>
    internal static string? Lines(string operation, string mediaType)
    {
        if (mediaType == MediaTypes.Csv) return "deviceId,group,attribute:model\npump-0001,default,P-200\n";
        var schema = operation == "enrollBatch" ? "BatchLine" : "RegistrationLine";
        return Of(schema)?.ToJsonString() is { } line ? line + "\n" : null;
    }

    /// <summary>The certificate of the examples and those above it, PEM.</summary>
    internal static string Chain() => (string?)Of("IssuedCertificate")!["certificate"] + ChainAbove();

    /// <summary>The certificates of the authorities of the examples, from the issuing one to the root, PEM.</summary>
    internal static string ChainAbove() =>
        string.Concat(Of("IssuedCertificate")!["chain"]!.AsArray().Select(certificate => (string?)certificate));
}
