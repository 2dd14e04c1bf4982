namespace Provisioning.Cli.Api;

/// <summary>
/// A change that is repeated for as long as it may help, and knows whether an attempt before the last one may have been done without its
/// answer having come.
/// </summary>
internal sealed class WatchedRequest(ApiClient client, HttpMethod method, string path, string json)
{
    /// <summary>An attempt has left this machine, and it is not known what became of it.</summary>
    internal bool IsInDoubt { get; private set; }

    /// <summary>Sends it.</summary>
    /// <param name="prepare">Adds to the head of each attempt.</param>
    /// <param name="ct">Gives up.</param>
    internal async Task<T> SendAsync<T>(Action<HttpRequestMessage> prepare, CancellationToken ct)
    {
        var patience = client.StartPatience();
        while (true)
        {
            var content = new WatchedContent(json);
            var exchange = Exchange.Json<T>(() =>
            {
                var request = new HttpRequestMessage(method, path) { Content = content };
                prepare(request);
                return request;
            });
            var (answer, failure, retryAfter) = await client.TryAsync(exchange, patience, ct);
            if (failure is null) return answer!;
            IsInDoubt |= content.WasSent && !SingleRequest.IsRefusal(failure);
            await patience.WaitAsync(failure, retryAfter, ct);
        }
    }
}
