using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Core.Lots;
using Provisioning.Core.Profiles;

namespace Provisioning.Est;

/// <summary>
/// Enrollment over Secure Transport (RFC 7030, RFC 8951): the same calls on the core as the REST API makes, in the words that routers, PLCs,
/// gateways and secure elements speak. A label is the name of an enrollment group.
/// </summary>
public static class EstEndpoints
{
    /// <summary>Where all operations are.</summary>
    public const string Root = "/.well-known/est";

    /// <summary>The media type of requests.</summary>
    public const string RequestType = "application/pkcs10";

    /// <summary>The label's name in the routes.</summary>
    public const string Label = "group";

    /// <summary>Maps every operation, without a label and with one. Each says itself who may call it.</summary>
    /// <param name="routes">The host's routes.</param>
    public static void MapEst(this IEndpointRouteBuilder routes)
    {
        Map(routes.MapGroup(Root), "");
        Map(routes.MapGroup($"{Root}/{{{Label}}}"), "OfGroup");
    }

    private static void Map(RouteGroupBuilder est, string suffix)
    {
        est.WithTags("EST");
        est.MapGet("cacerts", GetAuthorities).WithName("estCaCerts" + suffix).AllowAnonymous().Answers(EstAnswer.CertsOnly);
        est.MapGet("csrattrs", GetAttributes).WithName("estCsrAttrs" + suffix).AllowAnonymous().Answers("application/csrattrs");
        est.MapPost("simpleenroll", EnrollAsync).WithName("estSimpleEnroll" + suffix)
            .Answers(EstAnswer.CertsOnly).For(takesToken: true, [.. Roles.Enrolling]);
        est.MapPost("simplereenroll", RenewAsync).WithName("estSimpleReenroll" + suffix)
            .Answers(EstAnswer.CertsOnly).For(takesToken: false, Roles.Device, Roles.ExpiredDevice, Roles.Birth);
        est.MapPost("serverkeygen", MakeKeyAsync).WithName("estServerKeyGen" + suffix)
            .Answers("multipart/mixed").For(takesToken: true, [.. Roles.Enrolling, Roles.Device, Roles.ExpiredDevice]);
        est.MapPost("fullcmc", () => TypedResults.StatusCode(StatusCodes.Status501NotImplemented)).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The certificates of the authorities (RFC 7030 §4.1)</summary>
    /// <remarks>
    /// A certs-only message in base64: every generation of the issuing authority and the root, in no certain order. Fetched before anything else is
    /// trusted, so the client checks the root's fingerprint by other means. For everybody.
    /// </remarks>
    /// <response code="200">The certificates.</response>
    /// <response code="404">No such group.</response>
    internal static IResult GetAuthorities(HttpContext context, AuthorityDirectory authorities, GroupCatalog groups) =>
        FindGroup(context, groups) is null ? Refused(NoSuchGroup) : EstAnswer.Certificates(authorities.Trusted);

    /// <summary>What a request should have in it (RFC 7030 §4.5, RFC 9908)</summary>
    /// <remarks>
    /// CsrAttrs in base64: a key that the group's profile takes, the digest that goes with it, the usages that will be granted, and
    /// challengePassword where the group demands that requests are bound to their TLS session. For everybody.
    /// </remarks>
    /// <response code="200">The attributes.</response>
    /// <response code="404">No such group.</response>
    internal static IResult GetAttributes(HttpContext context, GroupCatalog groups, ProfileCatalog profiles)
    {
        if (FindGroup(context, groups) is not { } group) return Refused(NoSuchGroup);
        var profile = profiles[group.ProfileOf(group.Definition.Slots[0])];
        var attributes = CsrAttributes.Write(profile, group.Definition.Linking == Linking.Required);
        return new EstAnswer("application/csrattrs", attributes);
    }

    /// <summary>Enrolls a device (RFC 7030 §4.2.1)</summary>
    /// <remarks>
    /// A PKCS#10 request, DER in base64, on one line or several. The device is the one that the credential is for, and else the request's
    /// common name, or the serial number in its subject. Answers with the certificate alone, as a certs-only message in base64; the same
    /// request of the same caller gets the same certificate again. 202 with Retry-After where an administrator has to approve. Callers: who
    /// has an enrollment token (HTTP Basic, as the password), a claim, birth, registrar or administrator certificate; or both, where the group
    /// demands it.
    /// </remarks>
    /// <response code="200">The certificate.</response>
    /// <response code="202">An administrator has to approve; the same request asks again.</response>
    internal static Task<IResult> EnrollAsync(HttpContext context, EnrollmentService enrollments, CancellationToken ct) =>
        ReadAsync(context, async der => Answer(await CallEnrollAsync(context, enrollments, der, key: null)), ct);

    /// <summary>Renews the caller's certificate (RFC 7030 §4.2.2)</summary>
    /// <remarks>
    /// The device shows its certificate and sends a request with the same subject, and with the same alternative names or none. The old
    /// certificate works until the new one has been seen. Who shows a manufacturer's certificate is enrolled: strongSwan calls nothing else
    /// with a certificate. Callers: devices.
    /// </remarks>
    /// <response code="200">The certificate.</response>
    /// <response code="202">An administrator has to approve; the same request asks again.</response>
    internal static Task<IResult> RenewAsync(HttpContext context, EnrollmentService enrollments, CancellationToken ct) => ReadAsync(
        context,
        async der => Answer(CallerOf(context) is Caller.Birth
            ? await CallEnrollAsync(context, enrollments, der, key: null)
            : await CallRenewAsync(context, enrollments, der, key: null)),
        ct);

    /// <summary>Makes a key and a certificate for a device without a source of randomness (RFC 7030 §4.4)</summary>
    /// <remarks>
    /// Where the group allows it (else 404 `server-keys-off`). The request is of the kind that the key shall be of, signed with any such key; a device
    /// that shows its certificate renews. Answers with two parts: the key (PKCS#8, or encrypted in CMS where the request has DecryptKeyIdentifier
    /// with the ID of the token, or AsymmetricDecryptKeyIdentifier with the key identifier of the client certificate; 400 `key-protection` where it
    /// names something else, or no AES among its SMIMECapabilities), and the certificate. The key is not kept: the same request, signed with the same
    /// key, gets another one within a day, a few times at most, while none was used here; and a device that renews, as long as it shows the old one.
    /// 409 `key-in-use` where the request is signed with somebody else's key, such as that of the credential. Callers: as for simpleenroll, and devices.
    /// </remarks>
    /// <response code="200">The key and the certificate.</response>
    /// <response code="202">An administrator has to approve; the same request asks again.</response>
    internal static Task<IResult> MakeKeyAsync(
        HttpContext context, EnrollmentService enrollments, ReportKey signer, CancellationToken ct) => ReadAsync(
        context,
        async der =>
        {
            using var delivery = new KeyDelivery(context, signer);
            using var key = new ServerKey(delivery, ct);
            var outcome = CallerOf(context) is Caller.Device
                ? await CallRenewAsync(context, enrollments, der, key)
                : await CallEnrollAsync(context, enrollments, der, key);
            return outcome.TryGet(out var issued, out var refusal) ? delivery.Answer(key, issued) : Refused(refusal);
        },
        ct);

    private static async Task<IResult> ReadAsync(HttpContext context, Func<byte[], Task<IResult>> serve, CancellationToken ct)
    {
        if (!EstBody.IsRequest(context.Request)) return TypedResults.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        return (await EstBody.ReadAsync(context.Request, ct)).TryGet(out var der, out var refusal) ? await serve(der) : Refused(refusal);
    }

    private static Task<Outcome<IssuedCertificate>> CallEnrollAsync(HttpContext context, EnrollmentService enrollments, byte[] der, ServerKey? key) =>
        enrollments.EnrollAsync(CallerOf(context), new EnrollmentRequest(null, der)
        {
            Group = LabelOf(context),
            ChannelBinding = context.Features.Get<IChannelBinding>()?.Unique,
            ServerKey = key,
        });

    // Who has a key made sends another one's request, whose names say nothing yet.
    private static Task<Outcome<IssuedCertificate>> CallRenewAsync(HttpContext context, EnrollmentService enrollments, byte[] der, ServerKey? key) =>
        enrollments.RenewAsync(CallerOf(context), new RenewalRequest(der)
        {
            Group = LabelOf(context),
            RepeatsNames = key is null,
            ChannelBinding = context.Features.Get<IChannelBinding>()?.Unique,
            ServerKey = key,
        });

    private static IResult Answer(Outcome<IssuedCertificate> outcome) =>
        outcome.TryGet(out var issued, out var refusal) ? EstAnswer.Certificates([issued.Der]) : Refused(refusal);

    private static RefusedResult Refused(Refusal refusal) => new(refusal);

    private static Refusal NoSuchGroup { get; } = new(RefusalCode.UnknownGroup, "There is no enrollment group of this name.");

    private static EnrollmentGroup? FindGroup(HttpContext context, GroupCatalog groups) =>
        groups.Find(LabelOf(context) ?? EnrollmentGroup.DefaultName)?.Group;

    private static string? LabelOf(HttpContext context) => context.GetRouteValue(Label) as string;

    private static Caller CallerOf(HttpContext context) => context.Features.Get<Caller>()
        ?? throw new InvalidOperationException("An operation that needs a caller is reached without one.");

    private static RouteHandlerBuilder For(this RouteHandlerBuilder endpoint, bool takesToken, params string[] roles) =>
        endpoint.RequireAuthorization(policy => policy.RequireRole(roles)).WithMetadata(new EstCredentials(takesToken))
            .Produces<string>(StatusCodes.Status202Accepted, EstErrors.MediaType);

    private static RouteHandlerBuilder Answers(this RouteHandlerBuilder endpoint, string mediaType) =>
        endpoint.Produces<string>(StatusCodes.Status200OK, mediaType);

    private sealed class RefusedResult(Refusal refusal) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => EstErrors.WriteAsync(httpContext, refusal);
    }
}
