using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Provisioning.Tests.Server.Bulk;

/// <summary>Imports, exports and batches as a client does them.</summary>
internal static class BulkCalls
{
    internal static string Line(TestDevice device) =>
        JsonSerializer.Serialize(new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) });

    internal static string Told(JsonElement line) => $"{line.GetProperty("line")} {line.GetProperty("status")}";

    internal static (int Rows, int Registered, int Unchanged, int Bad) Counts(JsonElement end) =>
        (end.GetProperty("rows").GetInt32(), end.GetProperty("registered").GetInt32(), end.GetProperty("unchanged").GetInt32(), end.GetProperty("bad").GetInt32());

    internal static ByteArrayContent Request(byte[] der) => new(der) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } };

    internal static async Task<List<JsonElement>> BatchAsync(TestServer server, string body)
    {
        using var content = new StringContent(body, null, "application/x-ndjson");
        using var answer = await server.Registrar().PostAsync("/api/v1/enrollments/batch", content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return Lines(await answer.Content.ReadAsStringAsync());
    }

    internal static async Task<List<JsonElement>> ImportAsync(TestServer server, string id, string mediaType, string file)
    {
        using var answer = await PutAsync(server, id, mediaType, file);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);

        // Progress in between comes only when it takes longer than a second.
        var lines = Lines(text);
        return [.. lines.SkipLast(1).Where(line => line.TryGetProperty("line", out _)), lines[^1]];
    }

    internal static async Task<HttpResponseMessage> PutAsync(TestServer server, string id, string mediaType, string file)
    {
        using var content = new StringContent(file, null, mediaType);
        return await server.Administrator().PutAsync("/api/v1/imports/" + id, content);
    }

    internal static List<JsonElement> Lines(string text) =>
        [.. text.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];

    internal static async Task<JsonElement> ReadAsync(TestServer server, string path)
    {
        using var answer = await server.Administrator().GetAsync(path);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }
}
