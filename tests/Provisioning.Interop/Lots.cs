using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace Provisioning.Interop;

/// <summary>Production orders, as a customer and its stations use them.</summary>
internal static class Lots
{
    /// <summary>Opens a lot of any units, from now on.</summary>
    internal static async Task OpenAsync(HttpClient administrator, string name, int quota)
    {
        var now = DateTimeOffset.UtcNow;
        using var response = await administrator.PostAsJsonAsync("/api/v1/lots", new
        {
            name,
            group = "default",
            quota,
            opensAt = now.AddMinutes(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            closesAt = now.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        });
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
    }

    /// <summary>How far a lot is.</summary>
    internal static async Task<JsonElement> CountsAsync(HttpClient administrator, string name) =>
        (await administrator.GetFromJsonAsync<JsonElement>($"/api/v1/lots/{name}")).GetProperty("counts");

    /// <summary>Asks once for a unit's certificate; the same unit and key may ask again and again.</summary>
    internal static async Task<HttpResponseMessage> EnrollAsync(HttpClient station, string lot, string unit, ECDsa key)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/enrollments?deviceId={unit}&lot={lot}")
        {
            Content = new ByteArrayContent(Api.Request(key, unit)) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } },
        };
        return await station.SendAsync(message);
    }

    /// <summary>Closes a lot, and gives its signed report.</summary>
    internal static async Task<string> CloseAsync(HttpClient administrator, string name)
    {
        using var response = await administrator.PostAsync($"/api/v1/lots/{name}/closure", null);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("application/jose", response.Content.Headers.ContentType?.MediaType);
        return text;
    }
}
