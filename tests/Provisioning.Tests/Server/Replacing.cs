using System.Text.Json;
using System.Text.Json.Nodes;

namespace Provisioning.Tests.Server;

/// <summary>Changes of what has versions.</summary>
internal static class Replacing
{
    /// <summary>Puts something in the place of whichever version there is, or of a certain one.</summary>
    internal static async Task<HttpResponseMessage> ReplaceAsync(this HttpClient client, string path, string json, string? ifMatch = "*")
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new StringContent(json, null, "application/json") };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await client.SendAsync(request);
    }

    internal static Task<HttpResponseMessage> ReplaceAsync(this HttpClient client, string path, object value, string? ifMatch = "*") =>
        client.ReplaceAsync(path, value is JsonNode node ? node.ToJsonString() : JsonSerializer.Serialize(value, JsonSerializerOptions.Web), ifMatch);
}
