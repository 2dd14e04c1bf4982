using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Bulk;

/// <summary><c>/api/v1/exports</c>: the registry as a file.</summary>
internal static class ExportEndpoints
{
    private const int PageSize = 500;

    private static readonly string[] Columns =
        ["deviceId", "state", "group", "lot", "claimBatch", "keyThumbprint", "createdAt", "updatedAt", "seenAt", "cloneSuspectedAt", "attributes"];

    internal static void MapExports(this IEndpointRouteBuilder routes) => routes.MapGet("exports/devices", ExportDevices)
        .WithName("exportDevices")
        .WithTags("Imports and exports")
        .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator))
        .GivesStream<DeviceDocument>(MediaTypes.Lines, MediaTypes.Csv)
        .RefusesStrangers()
        .Refuses([RestErrors.BadQuery]);

    /// <summary>Exports devices</summary>
    /// <remarks>
    /// In the order of their IDs, as one JSON object a line or, with <c>format=csv</c>, as comma-separated values, with the attributes as
    /// a JSON object in one cell. No cell is a formula to a spreadsheet: such a one would get an apostrophe in front. An import takes
    /// both as they are, but for state, lot and times, which are not imported. An export that was cut off goes on with <c>after</c>.
    /// What is changed meanwhile may be in it or not. Callers: administrators.
    /// </remarks>
    /// <param name="format"><c>ndjson</c>, the default, or <c>csv</c>.</param>
    /// <param name="prefix">Only IDs that start so.</param>
    /// <param name="state">Only in this state.</param>
    /// <param name="group">Only of this enrollment group.</param>
    /// <param name="lot">Only made in this lot.</param>
    /// <param name="after">Only IDs behind this one.</param>
    internal static async Task<IResult> ExportDevices(
        HttpContext context,
        [FromQuery] string? format,
        [FromQuery] string? prefix,
        [FromQuery, NamesOf(typeof(DeviceState))] string? state,
        [FromQuery] string? group,
        [FromQuery] string? lot,
        [FromQuery] string? after,
        IDeviceStore devices,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "format", "prefix", "state", "group", "lot", "after");
        var query = new DeviceQuery
        {
            Prefix = read.Prefix("prefix", prefix),
            State = read.Name<DeviceState>("state", state),
            Group = read.Holder("group", group),
            Lot = read.Holder("lot", lot),
            Limit = PageSize,
            Cursor = read.Prefix("after", after) is { } last ? new Cursor(0, last) : null,
        };
        if (read.Problem is { } problem) return new ProblemAnswer(problem);
        if (format is not (null or "ndjson" or "csv"))
            return new ProblemAnswer(new Problem(RestErrors.BadQuery, "'format' is ndjson or csv."));
        var isCsv = format == "csv";
        if ((isCsv ? AnswerForms.CheckCsv(context.Request) : AnswerForms.CheckLines(context.Request)) is { } notAcceptable)
            return new ProblemAnswer(notAcceptable);

        // Before the head is sent: a database that fails is a problem, and not half an answer.
        var page = await devices.ListDevicesAsync(query, ct);
        var response = context.Response;
        response.ContentType = isCsv ? MediaTypes.Csv + "; charset=utf-8" : MediaTypes.Lines;
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentDisposition = $"attachment; filename=\"devices.{format ?? "ndjson"}\"";
        var text = new StringBuilder(isCsv ? ToLine(Columns) : "");
        while (true)
        {
            foreach (var device in page.Items) text.Append(isCsv ? ToLine(CellsOf(device)) : ToJson(device));
            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), ct);
            if (page.NextCursor is not { } next) return Results.Empty;
            text.Clear();

            // Page by page, not as one snapshot: a slow reader must not keep the database from tidying up for hours. And for whom the
            // caller is now; a list that is broken off is seen to be.
            if (!(await context.CallerNow()(ct)).TryGet(out _, out _))
            {
                context.Abort();
                return Results.Empty;
            }

            page = await devices.ListDevicesAsync(query with { Cursor = next }, ct);
        }
    }

    private static string ToJson(Device device) => Encoding.UTF8.GetString(RestJson.Write(DeviceDocument.Of(device))) + "\n";

    private static string ToLine(IEnumerable<string?> cells)
    {
        var line = new StringBuilder();
        CsvLine.Append(line, cells);
        return line.ToString();
    }

    private static string?[] CellsOf(Device device) =>
    [
        device.Id.Value,
        WireNames.Of(device.State),
        device.Group,
        device.Lot,
        device.ClaimBatch,
        device.ExpectedKey?.ToString(),
        Time(device.CreatedAt),
        Time(device.UpdatedAt),
        device.SeenAt is { } seenAt ? Time(seenAt) : null,
        device.CloneSuspectedAt is { } suspectedAt ? Time(suspectedAt) : null,
        device.Attributes.Count == 0 ? null : Encoding.UTF8.GetString(RestJson.Write(device.Attributes)),
    ];

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
