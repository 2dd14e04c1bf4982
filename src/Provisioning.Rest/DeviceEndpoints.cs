using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/devices</c>: the registry, as administrators read it.</summary>
internal static class DeviceEndpoints
{
    internal static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such device.");

    internal static Refusal BadDeviceId { get; } = new(
        RefusalCode.BadDeviceId,
        $"A device ID is 1 to {DeviceId.MaxLength} of A-Z a-z 0-9 . _ - : and starts with a letter or a digit.");

    internal static void MapDevices(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("devices")
            .WithTags("Devices")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapGet("", ListDevices).WithName("listDevices").Gives<PageDocument<DeviceDocument>>());
        Describe(group.MapGet("{deviceId}", ReadDevice).WithName("readDevice").Gives<DeviceDocument>()
            .Refuses(RefusalCode.BadDeviceId, RefusalCode.NotFound));
        Describe(group.MapGet("{deviceId}/certificates", ListDeviceCertificates).WithName("listDeviceCertificates")
            .Gives<PageDocument<CertificateDocument>>().Refuses(RefusalCode.BadDeviceId, RefusalCode.NotFound));
        Describe(group.MapGet("{deviceId}/history", ReadDeviceHistory).WithName("readDeviceHistory")
            .Gives<PageDocument<HistoryEntryDocument>>().Refuses(RefusalCode.BadDeviceId, RefusalCode.NotFound));

        Describe(group.MapGet("{deviceId}/refusals", ListDeviceRefusals).WithName("listDeviceRefusals")
            .Gives<ListDocument<RefusalRecordDocument>>().Refuses(RefusalCode.BadDeviceId));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Lists devices</summary>
    /// <remarks>In the order of their IDs. Callers: administrators.</remarks>
    /// <param name="prefix">Only IDs that start so.</param>
    /// <param name="state">Only in this state.</param>
    /// <param name="group">Only of this enrollment group.</param>
    /// <param name="lot">Only made in this lot.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListDevices(
        HttpContext context,
        [FromQuery] string? prefix,
        [FromQuery, NamesOf(typeof(DeviceState))] string? state,
        [FromQuery] string? group,
        [FromQuery] string? lot,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        IDeviceStore devices,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "prefix", "state", "group", "lot", "limit", "cursor");
        var query = new DeviceQuery
        {
            Prefix = read.Prefix("prefix", prefix),
            State = read.Name<DeviceState>("state", state),
            Group = read.Holder("group", group),
            Lot = read.Holder("lot", lot),
            Limit = read.Limit(limit),
            Cursor = read.Cursor(cursor),
        };
        return (read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<PageDocument<DeviceDocument>>(
                PageDocument<DeviceDocument>.Of(await devices.ListDevicesAsync(query, ct), DeviceDocument.Of));
    }

    /// <summary>Reads a device</summary>
    /// <remarks>Callers: administrators.</remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    internal static async Task<IResult> ReadDevice(
        HttpContext context, string deviceId, IDeviceStore devices, CancellationToken ct)
    {
        var problem = new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request);
        if (problem is not null) return new ProblemAnswer(problem);
        if (!DeviceId.TryParse(deviceId, out var id)) return new ProblemAnswer(BadDeviceId);
        return await devices.FindDeviceAsync(id, ct) is { } device
            ? new JsonAnswer<DeviceDocument>(DeviceDocument.Of(device))
            : new ProblemAnswer(NotFound);
    }

    /// <summary>Lists the certificates of a device</summary>
    /// <remarks>Newest first. Callers: administrators.</remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListDeviceCertificates(
        HttpContext context,
        string deviceId,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        IDeviceStore devices,
        ICertificateStore certificates,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit", "cursor");
        var (rows, place) = (read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        if (!DeviceId.TryParse(deviceId, out var id)) return new ProblemAnswer(BadDeviceId);
        if (await devices.FindDeviceAsync(id, ct) is null) return new ProblemAnswer(NotFound);
        var query = new CertificateQuery
        {
            Holder = id.Value,
            HolderKind = HolderKind.Device,
            Limit = rows,
            Cursor = place,
        };
        return new JsonAnswer<PageDocument<CertificateDocument>>(PageDocument<CertificateDocument>.Of(
            await certificates.ListAsync(query, ct), record => CertificateDocument.Of(record)));
    }

    /// <summary>Tells why a device was refused</summary>
    /// <remarks>
    /// Newest first; the same reason of one day and caller is one row. The device need not be in the registry. Callers:
    /// administrators.
    /// </remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    /// <param name="limit">Rows.</param>
    internal static async Task<IResult> ListDeviceRefusals(
        HttpContext context, string deviceId, [FromQuery] string? limit, IRefusalStore refusals, CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit");
        var rows = read.Limit(limit);
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        if (!DeviceId.TryParse(deviceId, out var id)) return new ProblemAnswer(BadDeviceId);
        return new JsonAnswer<ListDocument<RefusalRecordDocument>>(new ListDocument<RefusalRecordDocument>
        {
            Items = [.. (await refusals.ListRefusalsAsync(id, rows, ct)).Select(RefusalRecordDocument.Of)],
        });
    }

    /// <summary>Reads the history of a device</summary>
    /// <remarks>What was written down about it in the audit chain, newest first. Callers: administrators.</remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ReadDeviceHistory(
        HttpContext context,
        string deviceId,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        IDeviceStore devices,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit", "cursor");
        var (rows, place) = (read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        if (!DeviceId.TryParse(deviceId, out var id)) return new ProblemAnswer(BadDeviceId);
        if (await devices.FindDeviceAsync(id, ct) is null) return new ProblemAnswer(NotFound);
        return new JsonAnswer<PageDocument<HistoryEntryDocument>>(PageDocument<HistoryEntryDocument>.Of(
            await devices.HistoryAsync(id, rows, place, ct), HistoryEntryDocument.Of));
    }
}
