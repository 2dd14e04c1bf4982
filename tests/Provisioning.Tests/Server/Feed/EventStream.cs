using System.Net;
using System.Text.Json;

namespace Provisioning.Tests.Server.Feed;

/// <summary>A reader of server-sent events, as RFC and specification have them: fields in lines, an empty line ends a message.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private EventStream(HttpResponseMessage response, StreamReader reader) => (_response, _reader) = (response, reader);

    /// <summary>How many comments came.</summary>
    internal int Comments { get; private set; }

    internal static async Task<EventStream> OpenAsync(HttpClient client, string query = "", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/revocations/stream" + query) { Headers = { { "Accept", "text/event-stream" } } };
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await Failure(response));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        return new EventStream(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>The next message; null when the stream has ended in good order.</summary>
    internal async Task<JsonElement?> ReadAsync(TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(30));
        var (id, data) = ("", "");
        while (await _reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
            if (line.StartsWith("data: ", StringComparison.Ordinal)) data += line[6..];
            if (line.StartsWith(':')) Comments++;
            if (line.Length > 0 || data.Length == 0) continue;
            var message = JsonDocument.Parse(data).RootElement;
            Assert.Equal(id, message.GetProperty("id").GetString());
            return message;
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _response.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<string> Failure(HttpResponseMessage response) =>
        response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync();
}
