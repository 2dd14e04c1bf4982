using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What is done to a device of <c>/api/v1/devices/{deviceId}</c>: it takes effect on the next request, on open connections too.</summary>
internal static class DeviceChangeEndpoints
{
    internal static void MapDeviceChanges(this IEndpointRouteBuilder routes)
    {
        var device = routes.MapGroup("devices/{deviceId}")
            .WithTags("Devices")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(device.MapPost("suspension", SuspendDevice).WithName("suspendDevice").Takes<DeviceChangeBody>());
        Describe(device.MapDelete("suspension", ResumeDevice).WithName("resumeDevice"));
        Describe(device.MapPost("quarantine", QuarantineDevice).WithName("quarantineDevice").Takes<DeviceChangeBody>());
        Describe(device.MapDelete("quarantine", ReleaseDevice).WithName("releaseDevice"));
        Describe(device.MapPost("decommission", DecommissionDevice).WithName("decommissionDevice").Takes<DeviceChangeBody>());
        var revocation = routes.MapGroup("devices/{deviceId}/revocation")
            .WithTags("Devices")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator, Roles.RevokingRegistrar));
        Describe(revocation.MapPost("", RevokeDevice).WithName("revokeDevice").Takes<RevocationBody>()
            .Refuses(RefusalCode.BadReason, RefusalCode.DailyLimit, RefusalCode.PolicyChanged));

        static void Describe(RouteHandlerBuilder route) => route.Gives<DeviceDocument>().RefusesStrangers()
            .Refuses(RefusalCode.BadDeviceId, RefusalCode.NotFound, RefusalCode.BadDeviceState, RefusalCode.DeviceDecommissioned)
            .Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Suspends a device</summary>
    /// <remarks>
    /// It may do nothing, and all its certificates are on hold, until it is resumed. Again, it changes nothing. Callers: administrators.
    /// </remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    internal static Task<IResult> SuspendDevice(HttpContext context, string deviceId, DeviceService devices, CancellationToken ct) =>
        ChangeAsync(context, deviceId, DeviceChange.Suspend, devices, ct);

    /// <summary>Resumes a suspended device</summary>
    /// <remarks>
    /// It is again what it was, and the holds that the suspension has put on are released; others are not. Callers: administrators.
    /// </remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    internal static Task<IResult> ResumeDevice(HttpContext context, string deviceId, DeviceService devices, CancellationToken ct) =>
        ChangeAsync(context, deviceId, DeviceChange.Resume, devices, ct);

    /// <summary>Quarantines a device</summary>
    /// <remarks>It gets no certificate; those that it has stay good. Callers: administrators.</remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    internal static Task<IResult> QuarantineDevice(HttpContext context, string deviceId, DeviceService devices, CancellationToken ct) =>
        ChangeAsync(context, deviceId, DeviceChange.Quarantine, devices, ct);

    /// <summary>Releases a device from quarantine</summary>
    /// <remarks>Somebody has found out that it is no clone. Callers: administrators.</remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    internal static Task<IResult> ReleaseDevice(HttpContext context, string deviceId, DeviceService devices, CancellationToken ct) =>
        ChangeAsync(context, deviceId, DeviceChange.Release, devices, ct);

    /// <summary>Puts a device out of service for ever</summary>
    /// <remarks>
    /// All its certificates are revoked (<c>cessationOfOperation</c>), and its ID is never enrolled again. Callers: administrators.
    /// </remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    internal static Task<IResult> DecommissionDevice(HttpContext context, string deviceId, DeviceService devices, CancellationToken ct) =>
        ChangeAsync(context, deviceId, DeviceChange.Decommission, devices, ct);

    /// <summary>Revokes all certificates of a device</summary>
    /// <remarks>
    /// The device may be enrolled anew. To put it on hold, suspend it. Callers: administrators; and registrars whose limits have
    /// <c>mayRevoke</c>, for devices within them: others are not found.
    /// </remarks>
    /// <param name="deviceId" example="pump-0001">The device.</param>
    internal static async Task<IResult> RevokeDevice(
        HttpContext context, string deviceId, DeviceService devices, RegistrarRevocation ofRegistrars, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<RevocationBody>(context.Request, ct)).TryGet(out var body, out problem))
            return new ProblemAnswer(problem);
        if (!DeviceId.TryParse(deviceId, out var id)) return new ProblemAnswer(DeviceEndpoints.BadDeviceId);
        if (!RevocationReasons.TryParse(body.Reason, out var reason)) return new ProblemAnswer(CertificateEndpoints.BadReason());
        return Answer(context.CallerOf() is Caller.Registrar registrar
            ? await ofRegistrars.RevokeDeviceAsync(registrar, id, reason)
            : await devices.RevokeAsync(context.CallerOf(), id, reason));
    }

    private static async Task<IResult> ChangeAsync(
        HttpContext context, string deviceId, DeviceChange change, DeviceService devices, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        string? reason = null;
        if (HttpMethods.IsPost(context.Request.Method))
        {
            if (!(await RequestBody.ReadJsonAsync<DeviceChangeBody>(context.Request, ct)).TryGet(out var body, out problem))
                return new ProblemAnswer(problem);
            reason = body.Reason;
        }

        return DeviceId.TryParse(deviceId, out var id)
            ? Answer(await devices.ChangeAsync(context.CallerOf(), id, change, reason))
            : new ProblemAnswer(DeviceEndpoints.BadDeviceId);
    }

    private static IResult Answer(Outcome<Device> outcome) => outcome.TryGet(out var device, out var refusal)
        ? new JsonAnswer<DeviceDocument>(DeviceDocument.Of(device))
        : new ProblemAnswer(refusal);
}
