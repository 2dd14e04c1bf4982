using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest.Wire;

/// <summary>
/// What an operation's body is, for the API's description; bodies are read raw, so that nothing else can tell.
/// </summary>
/// <param name="Document">The type of the JSON form.</param>
/// <param name="TakesRequest">True when <see cref="MediaTypes.CertificationRequest"/> is taken too.</param>
public sealed record BodyFacts(Type Document, bool TakesRequest);

/// <summary>What an operation's streamed body is, for the API's description.</summary>
/// <param name="MediaTypes">The media types that it takes.</param>
public sealed record StreamFacts(IReadOnlyList<string> MediaTypes);

/// <summary>The same for a body that is no JSON.</summary>
/// <param name="MediaTypes">What is taken.</param>
public sealed record RawBodyFacts(params IReadOnlyList<string> MediaTypes);

/// <summary>Every kind of problem that an operation may answer with, for the API's description.</summary>
/// <param name="Kinds">The kinds.</param>
public sealed record RefusalFacts(IReadOnlyList<ProblemKind> Kinds)
{
    /// <summary>The type of the body of every problem.</summary>
    public static Type Document => typeof(ProblemDocument);
}

/// <summary>That an answer tells a version, and what a change may say of it, for the API's description.</summary>
/// <param name="TakesPrecondition">True for a change.</param>
/// <param name="MayCreate">True for a change that may create.</param>
public sealed record VersionFacts(bool TakesPrecondition, bool MayCreate);

/// <summary>Says on the routes what the description tells.</summary>
internal static class EndpointFacts
{
    private const string NoCaller = "An operation that needs a caller is reached without one.";

    private static readonly RefusalCode[] ToEveryCaller =
    [
        RefusalCode.NoCredential, RefusalCode.UnknownCertificate, RefusalCode.CertificateExpired,
        RefusalCode.CertificateRevoked, RefusalCode.CertificateOnHold, RefusalCode.CertificateSuperseded,
        RefusalCode.NotAllowed, RefusalCode.TwoCredentials, RefusalCode.BadToken, RefusalCode.TokenExpired,
        RefusalCode.OutsideNetwork, RefusalCode.OutsideHours, RefusalCode.RevocationUnknown,
        RefusalCode.ClockRegressed, RefusalCode.ClockSuspect, RefusalCode.Overloaded,
    ];

    /// <summary>What any operation may answer with: limits, a database that is down, a defect.</summary>
    internal static RefusalFacts Everywhere { get; } = new([
        RestErrors.KindOf(429), RestErrors.KindOf(RefusalCode.StorageUnavailable), RestErrors.KindOf(500),
    ]);

    /// <summary>The refusals of a certification request and of the signing.</summary>
    internal static RefusalCode[] Issuing { get; } =
    [
        RefusalCode.BadCsr, RefusalCode.PopInvalid, RefusalCode.SignatureAlgorithm, RefusalCode.UnsupportedExtension,
        RefusalCode.ExtensionNotAllowed, RefusalCode.CaRequested, RefusalCode.BadKey, RefusalCode.Roca,
        RefusalCode.UnsupportedKey, RefusalCode.KeyNotAllowed, RefusalCode.KeyBlocked, RefusalCode.KeyInUse, RefusalCode.NameInUse,
        RefusalCode.IdentityMismatch, RefusalCode.NameNotPossible, RefusalCode.DeviceSuspended, RefusalCode.DeviceQuarantined,
        RefusalCode.DeviceDecommissioned, RefusalCode.IdempotencyMismatch, RefusalCode.RequestInProgress,
        RefusalCode.ChannelBinding, RefusalCode.LintFailed, RefusalCode.AuthorityExpiring, RefusalCode.AuthorityUnavailable,
        RefusalCode.ClockRegressed, RefusalCode.ClockSuspect,
    ];

    /// <summary>The refusals of groups, credentials and lots.</summary>
    internal static RefusalCode[] Admitting { get; } =
    [
        RefusalCode.UnknownGroup, RefusalCode.GroupMismatch, RefusalCode.UnknownSlot, RefusalCode.CredentialNotAccepted,
        RefusalCode.OutsideScope, RefusalCode.OutsideNetwork, RefusalCode.OutsideHours, RefusalCode.DailyLimit,
        RefusalCode.DeviceIdNotAllowed, RefusalCode.NotPreregistered, RefusalCode.AttributeMissing, RefusalCode.BadToken,
        RefusalCode.TokenExpired, RefusalCode.TokenExhausted, RefusalCode.NotExpected, RefusalCode.AlreadyClaimed,
        RefusalCode.KeyMismatch, RefusalCode.SecondCredentialRequired, RefusalCode.UnknownLot, RefusalCode.LotClosed, RefusalCode.LotNotOpen,
        RefusalCode.NotInLot, RefusalCode.QuotaExhausted, RefusalCode.PolicyChanged, RefusalCode.RevocationUnknown,
    ];

    extension(RouteHandlerBuilder route)
    {
        internal RouteHandlerBuilder Takes<T>(bool orRequest = false)
        {
            route.WithMetadata(new BodyFacts(typeof(T), orRequest));
            return route.Refuses(RefusalCode.Malformed, RefusalCode.TooLarge).RefusesStatus(415);
        }

        internal RouteHandlerBuilder TakesStream(params string[] mediaTypes)
        {
            route.WithMetadata(new StreamFacts(mediaTypes));
            return route.RefusesStatus(408, 415);
        }

        internal RouteHandlerBuilder GivesStream<T>(string mediaType, params string[] others) =>
            route.Produces<T>(200, mediaType, others).RefusesStatus(406);

        internal RouteHandlerBuilder Gives<T>(int status = 200) =>
            route.Produces<T>(status, MediaTypes.Json).RefusesStatus(406);

        internal RouteHandlerBuilder GivesCertificate<T>(int status = 200) =>
            route.Produces<T>(status, MediaTypes.Json, MediaTypes.Certificate, MediaTypes.Chain).RefusesStatus(406);

        internal RouteHandlerBuilder Refuses(params ReadOnlySpan<RefusalCode> codes) =>
            route.Refuses([.. codes.ToArray().Select(RestErrors.KindOf)]);

        internal RouteHandlerBuilder RefusesStatus(params ReadOnlySpan<int> statuses) =>
            route.Refuses([.. statuses.ToArray().Select(RestErrors.KindOf)]);

        internal RouteHandlerBuilder Refuses(IReadOnlyList<ProblemKind> kinds) =>
            route.WithMetadata(new RefusalFacts(kinds));

        /// <summary>For operations that ask who the caller is.</summary>
        internal RouteHandlerBuilder RefusesStrangers() => route.Refuses(ToEveryCaller);
    }

    /// <summary>The caller, whom the authentication has identified before any handler runs.</summary>
    internal static Caller CallerOf(this HttpContext context) => context.Features.Get<Caller>()
        ?? throw new InvalidOperationException(NoCaller);

    /// <summary>The same for operations that take long: to be asked again all the time.</summary>
    internal static CallerNow CallerNow(this HttpContext context) => context.Features.Get<CallerNow>()
        ?? throw new InvalidOperationException(NoCaller);
}
