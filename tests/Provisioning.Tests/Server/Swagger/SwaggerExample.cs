using System.Text.Json;

namespace Provisioning.Tests.Server.Swagger;

/// <summary>Holds an example of the API's description against an answer.</summary>
internal static class SwaggerExample
{
    /// <summary>Asserts that the example has the fields of the answer, in their order.</summary>
    internal static void IsLike(string example, JsonElement answer)
    {
        var file = Path.Combine(Repository.Root, "src", "Provisioning.Server", "Swagger", "Examples", example + ".json");
        using var expected = JsonDocument.Parse(File.ReadAllText(file));
        Assert.Equal(Names(expected.RootElement), Names(answer));
    }

    private static string Names(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => string.Join(' ', element.EnumerateObject().Select(field => field.Name + Names(field.Value))),
        JsonValueKind.Array => $"[{string.Join(' ', element.EnumerateArray().Select(Names))}]",
        _ => "",
    };
}
