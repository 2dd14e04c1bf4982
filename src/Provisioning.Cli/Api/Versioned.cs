using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Provisioning.Cli.Api;

/// <summary>
/// Something that has versions: it is read, changed, and written only if it is still the version that was read (RFC 9110 §13.1.1).
/// </summary>
/// <param name="Content">What was read; null when there was none.</param>
/// <param name="Tag">Its version, as the service names it; null when there was none.</param>
internal sealed record Versioned(JsonObject? Content, string? Tag)
{
    /// <summary>Reads it.</summary>
    /// <returns>The newest version; or nothing, when there is none.</returns>
    internal static async Task<Versioned> ReadAsync(ApiClient client, string path, CancellationToken ct)
    {
        var read = new Exchange<Versioned>(
            _ => new HttpRequestMessage(HttpMethod.Get, path),
            async (response, _, stop) => new Versioned(
                JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(stop), ApiJson.TypeOf<JsonObject>()),
                response.Headers.ETag?.Tag));
        try
        {
            return await client.SendAsync(read, ct);
        }
        catch (FailureException failure) when (failure.ExitCode == ExitCode.NotFound)
        {
            return new Versioned(null, null);
        }
    }

    /// <summary>Writes the next version, or the first one.</summary>
    /// <exception cref="FailureException">Somebody was faster, or it was refused; nothing was changed.</exception>
    internal async Task<JsonElement> WriteAsync(ApiClient client, string path, string body, CancellationToken ct)
    {
        try
        {
            return await client.SendAsync(
                Exchange.Json<JsonElement>(() =>
                {
                    var request = Exchange.Request(HttpMethod.Put, path, body);
                    if (Tag is null) request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
                    else request.Headers.IfMatch.Add(new EntityTagHeaderValue(Tag));
                    return request;
                }),
                ct);
        }
        catch (FailureException failure) when (failure.Code == "precondition-failed")
        {
            throw new FailureException(
                ExitCode.Refused,
                failure.Code,
                "Somebody else has changed it meanwhile. Nothing was written: look at what is there now, and run this again.",
                failure)
            {
                Status = failure.Status,
            };
        }
    }
}
