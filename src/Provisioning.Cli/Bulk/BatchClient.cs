using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Provisioning.Cli.Api;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Bulk;

/// <summary>The answer to one enrollment of a part.</summary>
/// <param name="Result">What it was.</param>
/// <param name="Failure">Why there was no result for as long as --timeout allowed; null when there is one.</param>
internal readonly record struct BatchAnswer(BatchResult Result, FailureException? Failure);

/// <summary>Sends the parts of a batch.</summary>
internal static class BatchClient
{
    private const string Lines = "application/x-ndjson";

    /// <summary>Sends a part, and what could not be done at the moment once more, until all is answered or the time is up.</summary>
    /// <returns>An answer for each.</returns>
    /// <exception cref="FailureException">The part as a whole was refused, or could not be sent.</exception>
    internal static async Task<IReadOnlyList<BatchAnswer>> EnrollAsync(
        this ApiClient client, List<BatchItem> part, Progress progress, CancellationToken ct)
    {
        var answers = new List<BatchAnswer>(part.Count);
        var patience = client.StartPatience();
        for (var left = part; ;)
        {
            var told = await client.SendAsync(ToExchange(left), ct);
            var again = new List<BatchItem>();
            for (var i = 0; i < told.Count; i++)
            {
                if (FailureOf(told[i]) is null) answers.Add(new BatchAnswer(told[i], null));
                else again.Add(left[i]);
            }

            if (told.Count < left.Count)
            {
                answers.Add(new BatchAnswer(told[^1], GivenUp(told[^1])));
                return answers;
            }

            if (again.Count == 0) return answers;
            if (again.Count < left.Count) patience.Renew();
            left = again;
            var failed = told.First(result => FailureOf(result) is not null);
            try
            {
                await patience.WaitAsync(FailureOf(failed)!, null, ct);
            }
            catch (FailureException failure)
            {
                // The others have their answers, which are to be kept first.
                answers.Add(new BatchAnswer(failed, failure));
                return answers;
            }
        }
    }

    private static Exchange<List<BatchResult>> ToExchange(List<BatchItem> part)
    {
        var body = new ArrayBufferWriter<byte>(part.Sum(item => item.Json.Length));
        foreach (var item in part) body.Write(item.Json);
        return new Exchange<List<BatchResult>>(
            _ => new HttpRequestMessage(HttpMethod.Post, "/api/v1/enrollments/batch")
            {
                Content = new ReadOnlyMemoryContent(body.WrittenMemory) { Headers = { ContentType = new MediaTypeHeaderValue(Lines) } },
                Headers = { Accept = { new MediaTypeWithQualityHeaderValue(Lines) } },
            },
            (response, pulse, ct) => ReadAsync(response, part, pulse, ct),
            IsStream: true);
    }

    private static async Task<List<BatchResult>> ReadAsync(
        HttpResponseMessage response, List<BatchItem> part, Pulse pulse, CancellationToken ct)
    {
        var results = new List<BatchResult>(part.Count);
        await foreach (var line in Exchange.LinesOf(response, pulse, ct))
        {
            var result = JsonSerializer.Deserialize(line.Bytes.Span, ApiJson.TypeOf<BatchResult>())!;
            if (results.Count >= part.Count || result.Line != results.Count + 1
                || (result.SerialNumber is not null && result.DeviceId != part[results.Count].Body.DeviceId))
            {
                throw new JsonException("The answers of a batch do not belong to its lines.");
            }

            // From now on it is known by its place in the list.
            var (number, sent) = part[results.Count];
            results.Add(result with { Line = number, DeviceId = sent.DeviceId, Slot = sent.Slot });
        }

        // A service that fails at line after line gives the batch up: what is left would fail, too.
        return results.Count == part.Count || (results.Count > 0 && results[^1].HasFailed)
            ? results
            : throw new HttpRequestException("The answer is not complete.");
    }

    private static FailureException GivenUp(BatchResult last) => new(
        ExitCode.Failed,
        "units-failed",
        $"The service failed at units one after the other, at last at {last.DeviceId}, and gave the batch up: {last.Detail} Nothing is kept of "
        + "those; the next run asks for them again.")
    {
        Status = last.Status,
    };

    private static FailureException? FailureOf(BatchResult result) =>
        result is { Code: { } code } && result.Status != (int)HttpStatusCode.Accepted && Failures.IsTransient((HttpStatusCode)result.Status, code)
            ? new FailureException(ExitCode.Unavailable, code, result.Detail ?? code) { Status = result.Status }
            : null;
}
