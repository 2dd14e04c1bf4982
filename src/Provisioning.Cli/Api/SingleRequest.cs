using System.Net;
using System.Text;

namespace Provisioning.Cli.Api;

/// <summary>
/// A POST that does something new each time, such as making secrets that are told once. It is repeated only while it is certain that the
/// service has not done it: it was not sent, or refused.
/// </summary>
internal static class SingleRequest
{
    // What is found out before anything is written, although the status says that the service failed.
    private static readonly HashSet<string> Refusals = ["clock-regressed", "clock-suspect"];

    /// <summary>Posts a body.</summary>
    /// <param name="client">The service.</param>
    /// <param name="path">Where.</param>
    /// <param name="body">The body.</param>
    /// <param name="advice">What whoever cannot know whether it was done should do.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="FailureException">It was not done; or, with the code <c>outcome-unknown</c>, that is not known.</exception>
    internal static async Task<T> PostOnceAsync<TBody, T>(
        this ApiClient client, string path, TBody body, string advice, CancellationToken ct)
    {
        var json = ApiJson.Write(body);
        var patience = client.StartPatience();
        while (true)
        {
            var content = new WatchedContent(json);
            var exchange = Exchange.Json<T>(() => new HttpRequestMessage(HttpMethod.Post, path) { Content = content });
            var (answer, failure, retryAfter) = await client.TryAsync(exchange, patience, ct).UnlessSent(content, advice);
            if (failure is null) return answer!;
            if (content.WasSent && !IsRefusal(failure)) throw Unknown(failure.Message, advice, failure);
            await patience.WaitAsync(failure, retryAfter, ct);
        }
    }

    private static bool IsRefusal(FailureException failure) =>
        failure.Status is >= (int)HttpStatusCode.BadRequest and < (int)HttpStatusCode.InternalServerError || Refusals.Contains(failure.Code);

    // Ctrl-C, too, is safe only before anything was sent.
    private static async Task<T> UnlessSent<T>(this Task<T> attempt, WatchedContent content, string advice)
    {
        try
        {
            return await attempt;
        }
        catch (OperationCanceledException interrupted) when (content.WasSent)
        {
            throw Unknown("Interrupted.", advice, interrupted);
        }
    }

    private static FailureException Unknown(string what, string advice, Exception cause) =>
        new(ExitCode.Failed, "outcome-unknown", $"{what} {advice}", cause) { Status = (cause as FailureException)?.Status };

    /// <summary>JSON that tells whether any of it has left: before that, the service cannot have begun.</summary>
    private sealed class WatchedContent : HttpContent
    {
        private readonly byte[] _json;

        internal WatchedContent(string json)
        {
            _json = Encoding.UTF8.GetBytes(json);
            Headers.ContentType = new("application/json");
        }

        internal bool WasSent { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken ct)
        {
            WasSent = true;
            return stream.WriteAsync(_json, ct).AsTask();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _json.Length;
            return true;
        }
    }
}
