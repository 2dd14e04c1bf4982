using System.Net;
using System.Text.Json;

namespace Provisioning.Tests.Rest;

/// <summary>An answer that was read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    internal string Text => System.Text.Encoding.UTF8.GetString(Body);

    internal JsonElement Json => JsonDocument.Parse(Body).RootElement;

    internal string? Code => Json.GetProperty("code").GetString();

    internal string? Pointer => Json.TryGetProperty("pointer", out var pointer) ? pointer.GetString() : null;

    internal static async Task<Answer> OfAsync(HttpResponseMessage response)
    {
        var ct = TestContext.Current.CancellationToken;
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(pair => pair.Key, pair => string.Join(", ", pair.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer(response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync(ct));
    }

    internal string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Holds a problem to everything that every problem promises.</summary>
    internal void MustBeProblem(int status, string code, string? pointer = null)
    {
        Assert.True((int)Status == status, $"{(int)Status} instead of {status}: {Text}");
        Assert.Equal("application/problem+json", Header("Content-Type"));
        Assert.Equal(code, Header("Provisioning-Error"));
        Assert.Equal(code, Code);
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.Equal("/problems/" + code, Json.GetProperty("type").GetString());
        Assert.NotEmpty(Json.GetProperty("title").GetString()!);
        Assert.NotEmpty(Json.GetProperty("detail").GetString()!);
        Assert.Equal(Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), Header("Content-Length"));
        if (pointer is not null) Assert.Equal(pointer, Pointer);
    }
}
