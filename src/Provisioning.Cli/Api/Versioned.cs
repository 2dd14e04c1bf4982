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
        var (body, sent) = (definition.ToJsonString(), 0);
        try
        {
            return await client.SendAsync(
                Exchange.Json<JsonElement>(() =>
                {
                    sent++;
                    var request = Exchange.Request(HttpMethod.Put, path, body);
                    if (Tag is null) request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
                    else request.Headers.IfMatch.Add(new EntityTagHeaderValue(Tag));
                    return request;
                }),
                ct);
        }
        catch (FailureException failure) when (failure.Code == "precondition-failed")
        {
            // Sent more than once, it may have failed because an attempt before it, whose answer was lost, did not.
            if (sent > 1 && await FindOwnAsync(client, path, definition, definitionOf, ct) is { } own) return own;
            throw new FailureException(ExitCode.Refused, failure.Code, sent > 1 ? LostAndChanged : Changed, failure) { Status = failure.Status };
        }
    }

    /// <summary>Reads what a request of one's own may have made whose answer was lost.</summary>
    /// <returns>It; or null, when what is there is not what was sent.</returns>
    internal static async Task<JsonElement?> FindOwnAsync(
        ApiClient client, string path, JsonObject sent, Func<JsonObject, JsonObject?> definitionOf, CancellationToken ct) =>
        await ReadAsync(client, path, ct) is { Content: { } there } && definitionOf(there)?.Says(sent) == true
            ? JsonSerializer.SerializeToElement(there, ApiJson.TypeOf<JsonObject>())
            : null;

    private const string Changed =
        "Somebody else has changed it meanwhile. Nothing was written: look at what is there now, and run this again.";

    private const string LostAndChanged =
        "Somebody else has changed it meanwhile. An answer was lost, so it is not known whether this was written before that: look at what is "
        + "there now, and run this again.";
}
