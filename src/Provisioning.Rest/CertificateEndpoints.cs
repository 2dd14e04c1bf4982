using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/certificates</c>: everything that was signed, and its revocation.</summary>
internal static class CertificateEndpoints
{
    // Also for what is no serial number: nothing can be found under it either.
    private static Refusal NotFound { get; } = new(
        RefusalCode.NotFound,
        "There is no such certificate. A serial number is hexadecimal, with or without colons, never decimal.");

    internal static void MapCertificates(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("certificates")
            .WithTags("Certificates")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        group.MapGet("", ListCertificates).WithName("listCertificates")
            .Gives<PageDocument<CertificateDocument>>().RefusesStrangers().Refuses([RestErrors.BadQuery]);
        group.MapGet("{serialNumber}", ReadCertificate).WithName("readCertificate")
            .GivesCertificate<CertificateDocument>().RefusesStrangers()
            .Refuses([RestErrors.BadQuery]).Refuses(RefusalCode.NotFound);
        var revocation = routes.MapGroup("certificates/{serialNumber}/revocation")
            .WithTags("Certificates")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator, Roles.RevokingRegistrar));
        revocation.MapPost("", RevokeCertificate).WithName("revokeCertificate")
            .Takes<RevocationBody>().Gives<CertificateDocument>().RefusesStrangers().Refuses([RestErrors.BadQuery])
            .Refuses(RefusalCode.NotFound, RefusalCode.BadReason, RefusalCode.AlreadyRevoked)
            .Refuses(RefusalCode.DailyLimit, RefusalCode.PolicyChanged);
        revocation.MapDelete("", ReleaseCertificate).WithName("releaseCertificate")
            .Gives<CertificateDocument>().RefusesStrangers().Refuses([RestErrors.BadQuery])
            .Refuses(RefusalCode.NotFound, RefusalCode.NotOnHold, RefusalCode.DeviceAlreadyBound)
            .Refuses(RefusalCode.DailyLimit, RefusalCode.PolicyChanged, RefusalCode.DeviceSuspended);
    }

    /// <summary>Lists certificates</summary>
    /// <remarks>Newest first. Callers: administrators.</remarks>
    /// <param name="holder">Only of this device or principal.</param>
    /// <param name="holderKind">Only of this kind of holder.</param>
    /// <param name="state">Only in this state.</param>
    /// <param name="expiresBefore">Only those that expire before this time, in UTC.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListCertificates(
        HttpContext context,
        [FromQuery] string? holder,
        [FromQuery, NamesOf(typeof(HolderKind))] string? holderKind,
        [FromQuery, NamesOf(typeof(CertificateState))] string? state,
        [FromQuery] string? expiresBefore,
        [FromQuery] string? limit,
        [FromQuery] string? cursor,
        ICertificateStore certificates,
        CancellationToken ct)
    {
        var read = new QueryReader(
            context.Request, "holder", "holderKind", "state", "expiresBefore", "limit", "cursor");
        var query = new CertificateQuery
        {
            Holder = read.Holder("holder", holder),
            HolderKind = read.Name<HolderKind>("holderKind", holderKind),
            State = read.Name<CertificateState>("state", state),
            ExpiresBefore = read.Time("expiresBefore", expiresBefore),
            Limit = read.Limit(limit),
            Cursor = read.Cursor(cursor),
        };
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        return new JsonAnswer<PageDocument<CertificateDocument>>(PageDocument<CertificateDocument>.Of(
            await certificates.ListAsync(query, ct), record => CertificateDocument.Of(record)));
    }

    /// <summary>Reads a certificate</summary>
    /// <remarks>As JSON, or the certificate itself by Accept. Callers: administrators.</remarks>
    /// <param name="serialNumber" example="7A326DAD16B23EBCCF50D2D8E8B84AB7">
    /// The serial number: hexadecimal in either case, with or without colons.
    /// </param>
    internal static async Task<IResult> ReadCertificate(
        HttpContext context,
        string serialNumber,
        ICertificateStore certificates,
        AuthorityDirectory authorities,
        TimeProvider time,
        CancellationToken ct)
    {
        if (!AnswerForms.Choose(context.Request).TryGet(out var form, out var problem)
            || (problem = new QueryReader(context.Request).Problem) is not null)
        {
            return new ProblemAnswer(problem);
        }

        if (!SerialNumber.TryParse(serialNumber, out var serial)) return new ProblemAnswer(NotFound);
        if (await certificates.FindWithDerAsync(serial, ct) is { } stored)
            return Answer(stored, form, authorities, time.GetUtcNow());
        return form == AnswerForm.Json && await certificates.FindAsync(serial, ct) is { } unsigned
            ? new JsonAnswer<CertificateDocument>(CertificateDocument.Of(unsigned))
            : new ProblemAnswer(NotFound);
    }

    /// <summary>Revokes a certificate or puts it on hold</summary>
    /// <remarks>
    /// It is refused here at once, and in the next CRL within a minute. The same reason again changes nothing and
    /// succeeds; another reason is refused, except towards <c>keyCompromise</c>, and except that a hold may become
    /// final. Callers: administrators; and registrars whose limits have <c>mayRevoke</c>, for devices within them: others' certificates are
    /// not found.
    /// </remarks>
    /// <param name="serialNumber" example="7A326DAD16B23EBCCF50D2D8E8B84AB7">
    /// The serial number: hexadecimal in either case, with or without colons.
    /// </param>
    internal static async Task<IResult> RevokeCertificate(
        HttpContext context, string serialNumber, RevocationService revocations, RegistrarRevocation ofRegistrars, CancellationToken ct)
    {
        var unread = new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request);
        if (unread is not null) return new ProblemAnswer(unread);
        var read = await RequestBody.ReadJsonAsync<RevocationBody>(context.Request, ct);
        if (!read.TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        if (!SerialNumber.TryParse(serialNumber, out var serial)) return new ProblemAnswer(NotFound);
        if (!RevocationReasons.TryParse(body.Reason, out var reason)) return new ProblemAnswer(BadReason());
        var revoked = context.CallerOf() is Caller.Registrar registrar
            ? await ofRegistrars.RevokeAsync(registrar, serial, reason)
            : await revocations.RevokeAsync(context.CallerOf(), serial, reason, ct);
        return revoked.TryGet(out var record, out var refusal)
            ? new JsonAnswer<CertificateDocument>(CertificateDocument.Of(record))
            : new ProblemAnswer(refusal);
    }

    /// <summary>Releases a hold</summary>
    /// <remarks>
    /// The certificate is again what it was before. Only <c>certificateHold</c> can be released. Callers:
    /// administrators; and registrars whose limits have <c>mayRevoke</c>, for holds of their own.
    /// </remarks>
    /// <param name="serialNumber" example="7A326DAD16B23EBCCF50D2D8E8B84AB7">
    /// The serial number: hexadecimal in either case, with or without colons.
    /// </param>
    internal static async Task<IResult> ReleaseCertificate(
        HttpContext context, string serialNumber, RevocationService revocations, RegistrarRevocation ofRegistrars, CancellationToken ct)
    {
        var problem = new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request);
        if (problem is not null) return new ProblemAnswer(problem);
        if (!SerialNumber.TryParse(serialNumber, out var serial)) return new ProblemAnswer(NotFound);
        var released = context.CallerOf() is Caller.Registrar registrar
            ? await ofRegistrars.ReleaseAsync(registrar, serial)
            : await revocations.ReleaseAsync(context.CallerOf(), serial, ct);
        return released.TryGet(out var record, out var refusal)
            ? new JsonAnswer<CertificateDocument>(CertificateDocument.Of(record))
            : new ProblemAnswer(refusal);
    }

    private static CertificateAnswer<CertificateDocument> Answer(
        StoredCertificate stored, AnswerForm form, AuthorityDirectory authorities, DateTimeOffset now) =>
        new(CertificateDocument.Of(stored.Record, stored.Der), form)
        {
            Der = stored.Der,
            Chain = ChainAbove(stored, authorities),
            SerialNumber = stored.Record.SerialNumber,
            Now = now,
        };

    // From its issuer to the root; nothing above a root, which signs itself.
    private static IReadOnlyList<ReadOnlyMemory<byte>> ChainAbove(
        StoredCertificate stored, AuthorityDirectory authorities) =>
        stored.Der.Span.SequenceEqual(authorities.Root.Certificate.Span) ? [] : authorities.ChainOf(stored.Record.Authority);

    internal static Problem BadReason() => RestErrors.Of(new Refusal(
        RefusalCode.BadReason, "The reason is one of: " + string.Join(", ", RevocationReasons.All) + ".")) with
    {
        Pointer = "/reason",
    };
}
