using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Bulk;

/// <summary><c>/api/v1/enrollments/batch</c>: many enrollments over one request, line by line both ways.</summary>
internal static class BatchEndpoint
{
    // As many as keep the one writer of the database busy; beyond that they only wait.
    private const int InFlight = 64;

    internal static void MapBatch(this IEndpointRouteBuilder routes) => routes.MapPost("batch", EnrollBatch)
        .WithName("enrollBatch")
        .RequireAuthorization(policy => policy.RequireRole(Roles.Registrar, Roles.Administrator))
        .TakesStream(MediaTypes.Lines)
        .GivesStream<BatchResultDocument>(MediaTypes.Lines)
        .RefusesStrangers()
        .Refuses([RestErrors.BadQuery, RestErrors.BadIdempotencyKey]);

    /// <summary>Enrolls many devices</summary>
    /// <remarks>
    /// One JSON object a line in, one JSON object a line out, in the same order and while the body is still being sent: read and write
    /// at the same time. A bad line is answered as such, and the next one is read; each is decided by what the caller may do when it
    /// comes. When nothing comes for five minutes, the request is over. Lines that were not answered when the connection
    /// broke are sent again: the same key for the same device gets the same certificate. After ten lines in a row that the service failed at
    /// (500) the answer ends, and what is left of the body is not read. Callers: registrars and administrators.
    /// </remarks>
    internal static async Task<IResult> EnrollBatch(
        HttpContext context, EnrollmentService enrollments, TimeProvider time, ILoggerFactory loggers, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckLines(context.Request)) is { } unread)
            return new ProblemAnswer(unread);
        if (context.Request.Headers.ContainsKey(IdempotencyKey.Header))
        {
            return new ProblemAnswer(new Problem(
                RestErrors.BadIdempotencyKey, "A batch has no key of its own: each line is known again by its device and key."));
        }

        if (RequestBody.MediaTypeOf(context.Request) != MediaTypes.Lines)
            return new ProblemAnswer(RequestBody.UnsupportedMediaType($"Send {MediaTypes.Lines}"));
        if (RequestBody.Open(context.Request, isPaced: true) is { } cannotOpen) return new ProblemAnswer(cannotOpen);

        // Bounded both ways: while the caller does not take answers, no further line is read.
        var answers = Channel.CreateBounded<Task<BatchResultDocument>>(InFlight);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var lines = LineReader.ReadAsync(context.Request.BodyReader, time, stop.Token);
        using var failures = new BatchFailures(loggers.CreateLogger<BatchFailures>());
        var work = new Work(enrollments, new RecentCaller(context.CallerNow(), time), failures);
        var reading = ReadAsync(lines, work, answers.Writer, stop.Token);
        bool isWhole;
        try
        {
            isWhole = await WriteAsync(answers.Reader, new LineWriter(context.Response), ct);
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // Nothing of a request may go on behind its end.
            while (answers.Reader.TryRead(out var left)) await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (isWhole) await reading;
        return Results.Empty;
    }

    private static async Task ReadAsync(
        IAsyncEnumerable<Line> lines,
        Work work,
        ChannelWriter<Task<BatchResultDocument>> answers,
        CancellationToken ct)
    {
        Exception? problem = null;
        try
        {
            await foreach (var line in lines.WithCancellation(ct))
            {
                if (line.Bytes.IsEmpty) continue;

                // There must be room before it begins, so that no more are on their way than can be answered.
                if (!await answers.WaitToWriteAsync(ct)) return;
                await answers.WriteAsync(EnrollAsync(line, work, ct), ct);
            }
        }
        catch (Exception e)
        {
            // Whatever it was, it is thrown on to who writes the answers, after those that are on their way.
            problem = e;
            throw;
        }
        finally
        {
            answers.TryComplete(problem);
        }
    }

    // False when it was given up: the answer then ends in order, so that the caller has all answers up to there.
    private static async Task<bool> WriteAsync(ChannelReader<Task<BatchResultDocument>> answers, LineWriter writer, CancellationToken ct)
    {
        var failedInARow = 0;
        while (await answers.WaitToReadAsync(ct))
        {
            while (answers.TryRead(out var answer))
            {
                // Sent before it waits: the caller may hold its next line back until it has seen the answers so far.
                if (!answer.IsCompleted) await writer.FlushAsync(ct);
                var told = await answer;
                writer.Append(told);
                failedInARow = told.Status == StatusCodes.Status500InternalServerError ? failedInARow + 1 : 0;
                if (failedInARow == BatchFailures.MostInARow) break;
            }

            await writer.FlushAsync(ct);
            if (failedInARow == BatchFailures.MostInARow) return false;
        }

        return true;
    }

    // Parsed before the first await: the line's bytes are good only until the next one is read.
    private static Task<BatchResultDocument> EnrollAsync(Line line, Work work, CancellationToken ct)
    {
        if (line.IsTooLong)
        {
            var tooLong = RestErrors.Of(new Refusal(RefusalCode.TooLarge, $"A line has at most {LineReader.MaxLength} octets."));
            return Task.FromResult(BatchResultDocument.Of(line.Number, null, tooLong));
        }

        if (!StrictJson.Read<BatchLine>(line.Bytes).TryGet(out var body, out var problem))
            return Task.FromResult(BatchResultDocument.Of(line.Number, null, problem));
        return CertificationBody.ToRequest(body.ToBody(), null).TryGet(out var request, out problem)
            ? IssueAsync(line.Number, body.DeviceId, request, work, ct)
            : Task.FromResult(BatchResultDocument.Of(line.Number, body.DeviceId, problem));
    }

    private static async Task<BatchResultDocument> IssueAsync(long line, string deviceId, EnrollmentRequest request, Work work, CancellationToken ct)
    {
        try
        {
            // A batch may be open for days: each line is one of whom the caller is when it comes.
            var outcome = await work.Caller.RunAsync(now => work.Enrollments.EnrollAsync(now, request), ct);
            return BatchResultDocument.Of(line, deviceId, outcome);
        }
        catch (StorageUnavailableException)
        {
            // This line failed; the next may not.
            var later = RestErrors.Of(new Refusal(RefusalCode.StorageUnavailable, "Try again later; a retry is safe."));
            return BatchResultDocument.Of(line, deviceId, later);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A defect, or one damaged row: it must not keep a thousand others from their certificates, run after run.
            work.Failures.Add(deviceId, e);
            return BatchResultDocument.Of(line, deviceId, new Problem(RestErrors.KindOf(500), "This line failed on the service; its log says why."));
        }
    }

    private sealed record Work(EnrollmentService Enrollments, RecentCaller Caller, BatchFailures Failures);
}
