using System.Text.Json.Nodes;

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

    /// <summary>The certificate of the examples and those above it, PEM.</summary>
    internal static string Chain() => (string?)Of("IssuedCertificate")!["certificate"] + ChainAbove();

    /// <summary>The certificates of the authorities of the examples, from the issuing one to the root, PEM.</summary>
    internal static string ChainAbove() =>
        string.Concat(Of("IssuedCertificate")!["chain"]!.AsArray().Select(certificate => (string?)certificate));
}
