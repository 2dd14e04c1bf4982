using System.Net;
using System.Text.Json;

namespace Provisioning.Tests.Server;

/// <summary>Looks at a refusal as a client does: status, media type, the code in the body and in the header.</summary>
internal static class Problem
{
    internal static async Task IsAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.NotNull(response.Content.Headers.ContentLength);
        Assert.True(response.Headers.Contains("Provisioning-Server-Time"));
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(text);
        Assert.Equal(code, json.RootElement.GetProperty("code").GetString());
        Assert.Equal(code, Assert.Single(response.Headers.GetValues("Provisioning-Error")));
        response.Dispose();
    }

    /// <summary>The same, for whoever wants to see more of it.</summary>
    internal static async Task<JsonElement> OfAsync(HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        await IsAsync(response, (HttpStatusCode)status, code);
        return JsonDocument.Parse(text).RootElement;
    }
}
