using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Provisioning.Cli.Bulk;

namespace Provisioning.Cli.Api;

/// <summary>A request and how its answer is read. Whatever fails in between is done again from the start.</summary>
/// <param name="Make">Makes the request, for every attempt anew.</param>
/// <param name="Read">Reads the answer of a success.</param>
/// <param name="IsStream">It may take as long as something moves.</param>
internal sealed record Exchange<T>(
    Func<Pulse, HttpRequestMessage> Make,
    Func<HttpResponseMessage, Pulse, CancellationToken, Task<T>> Read,
    bool IsStream = false);

/// <summary>The usual kinds.</summary>
internal static class Exchange
{
    /// <summary>The answer is one JSON document.</summary>
    internal static Exchange<T> Json<T>(Func<HttpRequestMessage> make) => new(
        _ => make(),
        async (response, _, ct) => Parse<T>(await response.Content.ReadAsByteArrayAsync(ct)));

    /// <summary>Reads a JSON document.</summary>
    /// <exception cref="JsonException">It is something else, or null.</exception>
    internal static T Parse<T>(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ApiJson.TypeOf<T>()) is { } value and not JsonElement { ValueKind: JsonValueKind.Null }
            ? value
            : throw new JsonException("The answer is null.");

    /// <summary>A request with a body of JSON.</summary>
    internal static HttpRequestMessage Request(HttpMethod method, string path, string json) => new(method, path)
    {
        Content = new StringContent(json, Encoding.UTF8, "application/json"),
    };

    /// <summary>The lines of an answer, as they come.</summary>
    /// <exception cref="HttpRequestException">It broke off.</exception>
    internal static async IAsyncEnumerable<Line> LinesOf(
        HttpResponseMessage response, Pulse pulse, [EnumeratorCancellation] CancellationToken ct)
    {
        var stream = await response.Content.ReadAsStreamAsync(ct);
        await using var lines = LineReader.ReadAsync(stream, ct).GetAsyncEnumerator(ct);
        while (true)
        {
            try
            {
                if (!await lines.MoveNextAsync()) yield break;
            }
            catch (IOException broken)
            {
                // Said here, because further on nobody could tell it from a file that cannot be written.
                throw new HttpRequestException("The answer is not complete.", broken);
            }

            pulse.Heard();
            yield return lines.Current;
        }
    }
}
