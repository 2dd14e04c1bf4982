using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Bulk;

/// <summary><c>/api/v1/imports</c>: devices that are to be in the registry before they are enrolled.</summary>
internal static class ImportEndpoints
{
    private const int ProblemsAtOnce = 1_000;
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);

    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such import.");

    internal static void MapImports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("imports")
            .WithTags("Imports and exports")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapPut("{importId}", ImportDevices).WithName("importDevices").TakesStream(MediaTypes.Csv, MediaTypes.Lines)
            .GivesStream<ImportDocument>(MediaTypes.Lines)
            .Refuses(RefusalCode.Malformed, RefusalCode.BadName, RefusalCode.ImportMismatch));
        Describe(group.MapGet("{importId}", ReadImport).WithName("readImport").Gives<ImportDocument>().Refuses(RefusalCode.NotFound));
        Describe(group.MapGet("{importId}/problems", ListImportProblems).WithName("listImportProblems")
            .Gives<ListDocument<RowProblemDocument>>().Refuses(RefusalCode.NotFound));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Imports devices</summary>
    /// <remarks>
    /// A file of any length: comma-separated values, whose first line names the columns (<c>deviceId</c>, <c>group</c>,
    /// <c>claimBatch</c>, <c>keyThumbprint</c> or <c>publicKey</c>, <c>attribute:NAME</c>, or <c>attributes</c> as a JSON object), or one JSON
    /// object a line; or what <c>GET /api/v1/exports/devices</c> gave. The answer is one JSON object a line:
    /// the progress every second, then the rows that were not taken, with their lines (the first 100 000 of them; others are counted
    /// only), and at the end the progress once more. A bad row stops nothing; a device that is on record otherwise is one
    /// (<c>already-exists</c>). An import that was cut off is sent again under the same name and goes on where it was; with another
    /// file under that name it is refused. Callers: administrators.
    /// </remarks>
    /// <param name="importId" example="delivery-2027-03">The import: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</param>
    internal static async Task<IResult> ImportDevices(
        HttpContext context, string importId, DeviceImport import, IImportStore store, TimeProvider time, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckLines(context.Request)) is { } unread)
            return new ProblemAnswer(unread);
        if (RequestBody.Open(context.Request, isPaced: false) is { } cannotOpen) return new ProblemAnswer(cannotOpen);
        var lines = LineReader.ReadAsync(context.Request.BodyReader, time, ct);
        IAsyncEnumerable<(RegistrationRow, ReadOnlyMemory<byte>)> rows;
        byte[] head;
        await using var behindHeader = lines.GetAsyncEnumerator(ct);
        switch (RequestBody.MediaTypeOf(context.Request))
        {
            case MediaTypes.Lines:
                (head, rows) = ([.. "json\n"u8], RegistrationRows.OfJsonAsync(lines, ct));
                break;
            case MediaTypes.Csv:
                if (!await behindHeader.MoveNextAsync()) return new ProblemAnswer(RestErrors.Malformed("The body is empty."));
                if (!RegistrationRows.Header(behindHeader.Current).TryGet(out var header, out var problem)) return new ProblemAnswer(problem);
                (head, rows) = ([.. "csv\n"u8, .. behindHeader.Current.Bytes.Span], RegistrationRows.OfCsvAsync(behindHeader, header));
                break;
            default:
                return new ProblemAnswer(RequestBody.UnsupportedMediaType($"Send {MediaTypes.Csv} or {MediaTypes.Lines}"));
        }

        var writer = new LineWriter(context.Response);
        var toldAt = time.GetTimestamp();
        var outcome = await import.RunAsync(importId, head, rows, context.CallerNow(), TellAsync, ct);
        if (!outcome.TryGet(out var end, out var refusal))
        {
            if (!context.Response.HasStarted) return new ProblemAnswer(refusal);
            var far = await store.FindImportAsync(importId, ct) ?? throw new InvalidOperationException("An import that has begun is not on record.");
            await writer.WriteAsync(ImportDocument.Of(far) with { Code = RestErrors.KindOf(refusal.Code).Code }, ct);
            return Results.Empty;
        }

        await WriteProblemsAsync(writer, store, importId, ct);
        await writer.WriteAsync(ImportDocument.Of(end), ct);
        return Results.Empty;

        async ValueTask TellAsync(ImportProgress progress)
        {
            if (time.GetElapsedTime(toldAt) < ProgressEvery) return;
            toldAt = time.GetTimestamp();
            await writer.WriteAsync(ImportDocument.Of(progress), ct);
        }
    }

    /// <summary>Tells how far an import is</summary>
    /// <remarks>Callers: administrators.</remarks>
    /// <param name="importId" example="delivery-2027-03">The import.</param>
    internal static async Task<IResult> ReadImport(HttpContext context, string importId, IImportStore store, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        return await store.FindImportAsync(importId, ct) is { } progress
            ? new JsonAnswer<ImportDocument>(ImportDocument.Of(progress))
            : new ProblemAnswer(NotFound);
    }

    /// <summary>Lists the rows of an import that were not taken</summary>
    /// <remarks>In the order of their lines; of one import at most 100 000 are kept. Callers: administrators.</remarks>
    /// <param name="importId" example="delivery-2027-03">The import.</param>
    /// <param name="afterLine">Only those behind this line.</param>
    /// <param name="limit">Rows.</param>
    internal static async Task<IResult> ListImportProblems(
        HttpContext context, string importId, [FromQuery] string? afterLine, [FromQuery] string? limit, IImportStore store, CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "afterLine", "limit");
        var (after, rows) = (read.Count("afterLine", afterLine), read.Limit(limit));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        if (await store.FindImportAsync(importId, ct) is null) return new ProblemAnswer(NotFound);
        return new JsonAnswer<ListDocument<RowProblemDocument>>(new ListDocument<RowProblemDocument>
        {
            Items = [.. (await store.ListProblemsAsync(importId, after ?? 0, rows, ct)).Select(RowProblemDocument.Of)],
        });
    }

    private static async Task WriteProblemsAsync(LineWriter writer, IImportStore store, string importId, CancellationToken ct)
    {
        for (var after = 0L; ;)
        {
            var problems = await store.ListProblemsAsync(importId, after, ProblemsAtOnce, ct);
            foreach (var problem in problems) writer.Append(RowProblemDocument.Of(problem));
            await writer.FlushAsync(ct);
            if (problems.Count < ProblemsAtOnce) return;
            after = problems[^1].Line;
        }
    }
}
