using System.Net;

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
            WatchedContent? content = null;
            var exchange = new Exchange<T>(
                pulse => new HttpRequestMessage(HttpMethod.Post, path) { Content = content = new WatchedContent(json, pulse.SentForGood) },
                ReadAsync<T>);
            var (answer, failure, retryAfter) = await client.TryAsync(exchange, patience, ct).UnlessSent(() => content is { WasSent: true }, advice);
            if (failure is null) return answer!;
            if (content!.WasSent && !IsRefusal(failure)) throw Unknown(failure.Message, advice, failure);
            await patience.WaitAsync(failure, retryAfter, ct);
        }
    }

    /// <summary>Whether the service has said that it was not done.</summary>
    internal static bool IsRefusal(FailureException failure) =>
        failure.Status is >= (int)HttpStatusCode.BadRequest and < (int)HttpStatusCode.InternalServerError || Refusals.Contains(failure.Code);

    // As long as any of it comes, it is waited for.
    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, Pulse pulse, CancellationToken ct)
    {
        using var body = new MemoryStream();
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(ct);
            var buffer = new byte[8 * 1024];
            while (await stream.ReadAsync(buffer, ct) is > 0 and var count)
            {
                pulse.Heard();
                await body.WriteAsync(buffer.AsMemory(0, count), ct);
            }
        }
        catch (IOException broken)
        {
            // Said here, because further on nobody could tell it from a file that cannot be written.
            throw new HttpRequestException("The answer is not complete.", broken);
        }

        return Exchange.Parse<T>(body.GetBuffer().AsSpan(0, (int)body.Length));
    }

    // Ctrl-C, too, is safe only before anything was sent.
    private static async Task<T> UnlessSent<T>(this Task<T> attempt, Func<bool> wasSent, string advice)
    {
        try
        {
            return await attempt;
        }
        catch (OperationCanceledException interrupted) when (wasSent())
        {
            throw Unknown("Interrupted.", advice, interrupted);
        }
    }

    private static FailureException Unknown(string what, string advice, Exception cause) =>
        new(ExitCode.Failed, "outcome-unknown", $"{what} {advice}", cause) { Status = (cause as FailureException)?.Status };
}
