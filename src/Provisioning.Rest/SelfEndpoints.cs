using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;
using Provisioning.Core.Revocation;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/self</c>: the caller's own view.</summary>
internal static class SelfEndpoints
{
    internal static void MapSelf(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("self", ReadSelf)
            .WithName("readSelf")
            .WithTags("Enrollment")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Device, Roles.ExpiredDevice, Roles.Registrar, Roles.Administrator, Roles.RelyingParty))
            .GivesCertificate<SelfDocument>()
            .RefusesStrangers()
            .Refuses(RefusalCode.NotFound, RefusalCode.ClockRegressed, RefusalCode.ClockSuspect)
            .Refuses([RestErrors.BadQuery]);
        routes.MapPost("self/confirmation", ConfirmSelf)
            .WithName("confirmCertificate")
            .WithTags("Enrollment")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Device))
            .Takes<ConfirmationBody>()
            .Gives<CertificateDocument>()
            .RefusesStrangers()
            .Refuses(RefusalCode.NotFound, RefusalCode.CertificateSuperseded)
            .Refuses([RestErrors.BadQuery]);
        routes.MapPost("self/revocation", RevokeSelf)
            .WithName("revokeSelf")
            .WithTags("Enrollment")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Device))
            .Takes<RevocationBody>()
            .Gives<CertificateDocument>()
            .RefusesStrangers()
            .Refuses(RefusalCode.BadReason)
            .Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Revokes the certificate that the device shows</summary>
    /// <remarks>
    /// For a device that is taken out of service, or that knows its key to be known to others (<c>keyCompromise</c>): the key is blocked
    /// then, and every certificate with it revoked. It cannot be undone, and not be a hold. Callers: devices.
    /// </remarks>
    internal static async Task<IResult> RevokeSelf(HttpContext context, RevocationService revocations, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<RevocationBody>(context.Request, ct)).TryGet(out var body, out problem))
            return new ProblemAnswer(problem);
        if (!RevocationReasons.TryParse(body.Reason, out var reason)) return new ProblemAnswer(CertificateEndpoints.BadReason());
        var device = (Caller.Device)context.CallerOf();
        return (await revocations.RevokeAsync(device, device.Certificate, reason, ct)).TryGet(out var record, out var refusal)
            ? new JsonAnswer<CertificateDocument>(CertificateDocument.Of(record))
            : new ProblemAnswer(refusal);
    }

    /// <summary>Confirms the next certificate</summary>
    /// <remarks>
    /// A device that has stored its next certificate may say so before it uses it. The first request with the next one says the same. From
    /// then on the one before works for the overlap of the group. Again, it changes nothing. Callers: devices, with either certificate.
    /// </remarks>
    internal static async Task<IResult> ConfirmSelf(HttpContext context, SuccessionService succession, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<ConfirmationBody>(context.Request, ct)).TryGet(out var body, out problem))
            return new ProblemAnswer(problem);
        if (!SerialNumber.TryParse(body.SerialNumber, out var serial))
            return new ProblemAnswer(RestErrors.Malformed("A serial number is hexadecimal, with or without colons.", "/serialNumber"));
        var confirmed = await succession.ConfirmAsync((Caller.Device)context.CallerOf(), serial, ct);
        return confirmed.TryGet(out var record, out var refusal)
            ? new JsonAnswer<CertificateDocument>(CertificateDocument.Of(record))
            : new ProblemAnswer(refusal);
    }

    /// <summary>Tells the caller who it is</summary>
    /// <remarks>
    /// A device learns its state, the certificate that it called with, when to renew, the trust anchors and the time;
    /// calling with a renewed certificate also confirms it; the one before then works for the overlap of the group. With another Accept, a device gets
    /// the certificate itself. Registrars and administrators learn their name. For a device that has no clock, and so cannot judge the
    /// certificate of the server: with a nonce, the time is signed too. A device whose certificate has expired, in the grace of its group, must give one.
    /// </remarks>
    /// <param name="nonce" example="q83vEjRWeJCrze8SNFZ4kA">New for each request, 16 to 64 of A-Z a-z 0-9 - _. With JSON only.</param>
    internal static async Task<IResult> ReadSelf(
        HttpContext context,
        [FromQuery] string? nonce,
        EnrollmentService enrollments,
        IDeviceStore devices,
        AuthorityDirectory authorities,
        SignedTime signedTime,
        TimeProvider time,
        CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "nonce");
        nonce = read.Nonce(nonce);
        if (read.Problem is { } badQuery) return new ProblemAnswer(badQuery);
        var caller = context.CallerOf() as Caller.Device;
        if (caller is { IsExpired: true } && nonce is null)
            return new ProblemAnswer(new Refusal(RefusalCode.NotAllowed, "The certificate has expired: renew it. Only the signed time is still told, to a nonce."));
        var form = AnswerForm.Json;
        if ((caller is null || nonce is not null) && AnswerForms.CheckJson(context.Request) is { } notJson) return new ProblemAnswer(notJson);
        if (caller is not null && !AnswerForms.Choose(context.Request).TryGet(out form, out var problem)) return new ProblemAnswer(problem);

        string? signed = null;
        if (nonce is not null && !(await signedTime.SignAsync(NameOf(context.CallerOf()), nonce, ct)).TryGet(out signed, out var untimely))
            return new ProblemAnswer(untimely);
        if (caller is not { } device) return OfPrincipal(context, authorities, time.GetUtcNow(), signed);
        if (!(await enrollments.DescribeAsync(device, ct)).TryGet(out var issued, out var refusal))
            return new ProblemAnswer(refusal);
        if ((device.OnRecord ?? await devices.FindDeviceAsync(device.Id, ct)) is not { } row)
            return new ProblemAnswer(DeviceEndpoints.NotFound);

        var now = time.GetUtcNow();
        return new CertificateAnswer<SelfDocument>(OfDevice(row, issued, authorities, now, signed), form)
        {
            Der = issued.Der,
            Chain = issued.Chain,
            SerialNumber = issued.Record.SerialNumber,
            Window = issued.Window,
            Now = now,
        };
    }

    private static string NameOf(Caller caller) => caller switch
    {
        Caller.Device device => device.Id.Value,
        Caller.Registrar registrar => registrar.Name,
        Caller.Administrator administrator => administrator.Name,
        Caller.RelyingParty party => party.Name,
        _ => throw new UnreachableException(),
    };

    private static JsonAnswer<SelfDocument> OfPrincipal(
        HttpContext context, AuthorityDirectory authorities, DateTimeOffset now, string? signedTime) => new(new SelfDocument
        {
            Role = context.CallerOf() switch
            {
                Caller.Registrar => Roles.Registrar,
                Caller.RelyingParty => Roles.RelyingParty,
                _ => Roles.Administrator,
            },
            Name = NameOf(context.CallerOf()),
            TrustAnchors = [CertificatePem.Write(authorities.Root.Certificate)],
            ServerTime = now,
            SignedTime = signedTime,
        });

    private static SelfDocument OfDevice(
        Device device, IssuedCertificate issued, AuthorityDirectory authorities, DateTimeOffset now, string? signedTime) => new()
        {
            Role = Roles.Device,
            Name = device.Id.Value,
            DeviceId = device.Id.Value,
            State = WireNames.Of(device.State),
            Certificate = CertificateDocument.Of(issued.Record, issued.Der),
            RenewAfter = issued.Window?.After,
            RenewBefore = issued.Window?.Before,
            TrustAnchors = [CertificatePem.Write(authorities.Root.Certificate)],
            ServerTime = now,
            SignedTime = signedTime,
        };
}
