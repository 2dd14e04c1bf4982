using System.Globalization;
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
                Exchange.Parse<JsonObject>(await response.Content.ReadAsByteArrayAsync(stop)),
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
    /// <param name="client">The service.</param>
    /// <param name="path">Where.</param>
    /// <param name="definition">What is written.</param>
    /// <param name="definitionOf">The same, of what is read.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="FailureException">Somebody was faster, or it was refused.</exception>
    internal async Task<JsonElement> WriteAsync(
        ApiClient client, string path, JsonObject definition, Func<JsonObject, JsonObject?> definitionOf, CancellationToken ct)
    {
        var request = new WatchedRequest(client, HttpMethod.Put, path, definition.ToJsonString());
        try
        {
            return await request.SendAsync<JsonElement>(
                attempt =>
                {
                    if (Tag is null) attempt.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
                    else attempt.Headers.IfMatch.Add(new EntityTagHeaderValue(Tag));
                },
                ct);
        }
        catch (FailureException failure) when (failure.Code == "precondition-failed")
        {
            // It may have failed because an attempt before it, whose answer was lost, did not.
            if (request.IsInDoubt && await FindOwnAsync(client, path, definition, definitionOf, ct) is { } own) return own;
            var told = request.IsInDoubt ? LostAndChanged : Changed;
            throw new FailureException(ExitCode.Refused, failure.Code, told, failure) { Status = failure.Status };
        }
    }

    /// <summary>Reads what a request of one's own may have made whose answer was lost.</summary>
    /// <returns>
    /// It, when it is the version that would have come of it, by whom this is, and says what was sent; else null. What was sent need not be
    /// all that it says: the service fills in the rest.
    /// </returns>
    internal async Task<JsonElement?> FindOwnAsync(
        ApiClient client, string path, JsonObject sent, Func<JsonObject, JsonObject?> definitionOf, CancellationToken ct)
    {
        var there = await ReadAsync(client, path, ct);
        if (there.Content is not { } content || there.Version != Version + 1 || definitionOf(content)?.Says(sent) != true) return null;
        if (Version == 0 || content.ContainsKey("actor") || content.ContainsKey("updatedBy"))
        {
            var self = await client.GetAsync<Self>("/api/v1/self", ct);
            var actor = content["updatedBy"] ?? content["actor"] ?? content["createdBy"];
            if (actor?.ToString() != $"{self.Role}:{self.Name}") return null;
        }

        return JsonSerializer.SerializeToElement(content, ApiJson.TypeOf<JsonObject>());
    }

    // The number in the tag; 0 when there was nothing.
    private long? Version => Tag is null ? 0 : long.TryParse(Tag.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private const string Changed =
        "Somebody else has changed it meanwhile. Nothing was written: look at what is there now, and run this again.";

    private const string LostAndChanged =
        "Somebody else has changed it meanwhile. An answer was lost, so it is not known whether this was written before that: look at what is "
        + "there now, and run this again.";
}
