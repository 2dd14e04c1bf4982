using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>The one place where the core's refusals and HTTP's own problems become statuses and codes.</summary>
internal static class RestErrors
{
    /// <summary>A list parameter that is unknown, repeated or out of range.</summary>
    internal static readonly ProblemKind BadQuery = new(400, "bad-query", "The query of the address cannot be used.");

    /// <summary>An Idempotency-Key that is empty, too long, repeated or not visible ASCII.</summary>
    internal static readonly ProblemKind BadIdempotencyKey = new(
        400, "bad-idempotency-key", "The Idempotency-Key is not of the accepted form.");

    private static readonly ProblemKind BadRequest = new(400, "bad-request", "The request is not proper HTTP.");
    private static readonly ProblemKind MethodNotAllowed = new(
        405, "method-not-allowed", "The resource does not have this method.");
    private static readonly ProblemKind NotAcceptable = new(
        406, "not-acceptable", "None of the accepted media types can be given.");
    private static readonly ProblemKind RequestTimeout = new(408, "request-timeout", "The request came too slowly.");
    private static readonly ProblemKind UnsupportedMediaType = new(
        415, "unsupported-media-type", "The body is of a media type or encoding that is not read here.");

    private static readonly ProblemKind TooManyRequests = new(
        429, "too-many-requests", "The caller sends too many requests.");
    private static readonly ProblemKind Internal = new(500, "internal", "The service failed; its log says why.");

    /// <summary>Every kind that there is, by code.</summary>
    internal static IReadOnlyList<ProblemKind> All { get; } =
    [
        .. Enum.GetValues<RefusalCode>().Select(KindOf)
            .Concat([BadQuery, BadIdempotencyKey, BadRequest, MethodNotAllowed, NotAcceptable])
            .Concat([RequestTimeout, UnsupportedMediaType, TooManyRequests, Internal])
            .OrderBy(kind => kind.Code, StringComparer.Ordinal),
    ];

    /// <summary>Turns a refusal of the core into a problem.</summary>
    internal static Problem Of(Refusal refusal)
    {
        var kind = KindOf(refusal.Code);
        return new Problem(kind, refusal.Detail)
        {
            Refusal = refusal.Code,
            Pointer = refusal.Field,
            RetryAfter = refusal.RetryAfter ?? DefaultRetryAfter(refusal.Code, kind.Status),
        };
    }

    /// <summary>Turns a refusal of what a body asked for into a problem, with the field that is meant when the body is JSON.</summary>
    internal static Problem Of(Refusal refusal, HttpRequest request) =>
        RequestBody.MediaTypeOf(request) == MediaTypes.Json ? Of(refusal) with { Pointer = PointerOf(refusal) } : Of(refusal);

    /// <summary>A body that is not what it claims to be.</summary>
    internal static Problem Malformed(string detail, string? pointer = null) =>
        Of(new Refusal(RefusalCode.Malformed, detail)) with { Pointer = pointer };

    /// <summary>The kind of an HTTP status that no refusal led to.</summary>
    internal static ProblemKind KindOf(int status) => status switch
    {
        400 => BadRequest,
        401 => KindOf(RefusalCode.NoCredential),
        403 => KindOf(RefusalCode.NotAllowed),
        404 => KindOf(RefusalCode.NotFound),
        405 => MethodNotAllowed,
        406 => NotAcceptable,
        408 => RequestTimeout,
        413 => KindOf(RefusalCode.TooLarge),
        415 => UnsupportedMediaType,
        429 => TooManyRequests,
        500 => Internal,
        _ => new ProblemKind(status, $"http-{status}", ReasonPhrases.GetReasonPhrase(status)),
    };

    /// <summary>The kind of a refusal. Total: a test walks over every code.</summary>
    internal static ProblemKind KindOf(RefusalCode code) => code switch
    {
        RefusalCode.Malformed => new(400, "malformed", "The body is not the format that it claims to be."),
        RefusalCode.BadDeviceId => new(400, "bad-device-id", "The device ID is not of the accepted form."),
        RefusalCode.BadAttributes => new(400, "bad-attributes", "The attributes are not of the accepted form."),
        RefusalCode.NoCredential => new(401, "no-credential", "The caller showed no credential."),
        RefusalCode.UnknownCertificate =>
            new(401, "unknown-certificate", "The caller's certificate is not in the registry."),
        RefusalCode.CertificateExpired =>
            new(401, "certificate-expired", "The caller's certificate is not valid at this time."),
        RefusalCode.CaRequested => new(403, "ca-requested", "The request asks to become a certificate authority."),
        RefusalCode.IdentityMismatch =>
            new(403, "identity-mismatch", "The request names something else than the device."),
        RefusalCode.NotAllowed => new(403, "not-allowed", "The caller is known but may not do this."),
        RefusalCode.CertificateRevoked => new(403, "certificate-revoked", "The caller's certificate was revoked."),
        RefusalCode.CertificateOnHold => new(403, "certificate-on-hold", "The certificate is on hold."),
        RefusalCode.CertificateSuperseded =>
            new(403, "certificate-superseded", "The certificate was replaced by a newer one."),
        RefusalCode.DeviceSuspended => new(403, "device-suspended", "The device is suspended."),
        RefusalCode.DeviceQuarantined =>
            new(403, "device-quarantined", "The device is quarantined: a clone is suspected, or others can compute its key."),
        RefusalCode.DeviceDecommissioned =>
            new(403, "device-decommissioned", "The device was decommissioned, which is final."),
        RefusalCode.NotFound => new(404, "not-found", "There is no such resource."),
        RefusalCode.KeyInUse => new(409, "key-in-use", "The public key already belongs to another holder."),
        RefusalCode.NameInUse => new(409, "name-in-use", "A name of the certificate is another holder's."),
        RefusalCode.DeviceAlreadyBound => new(
            409, "device-already-bound", "The device already holds a current certificate with another key."),
        RefusalCode.RequestInProgress => new(409, "request-in-progress", "The same request is being worked on."),
        RefusalCode.AlreadyRevoked =>
            new(409, "already-revoked", "The certificate is already revoked for another reason."),
        RefusalCode.ProfileInUse => new(409, "profile-in-use", "The profile is needed as it is."),
        RefusalCode.RecordDamaged => new(409, "record-damaged", "What is on record of it is damaged, and nothing is done with it."),
        RefusalCode.NotOnHold => new(409, "not-on-hold", "The certificate is not on hold."),
        RefusalCode.TooLarge => new(413, "too-large", "The request is larger than this service reads."),
        RefusalCode.BadCsr =>
            new(422, "bad-csr", "The certification request breaks RFC 2986 or a limit of this service."),
        RefusalCode.PopInvalid => new(422, "pop-invalid", "The proof of possession does not verify."),
        RefusalCode.SignatureAlgorithm =>
            new(422, "signature-algorithm", "The request's signature algorithm is not accepted."),
        RefusalCode.UnsupportedExtension =>
            new(422, "unsupported-extension", "An unknown critical extension is asked for."),
        RefusalCode.ExtensionNotAllowed =>
            new(422, "extension-not-allowed", "The profile does not grant an extension asked for."),
        RefusalCode.BadKey => new(422, "bad-key", "The public key is broken or weak."),
        RefusalCode.Roca => new(422, "roca", "The RSA key has the ROCA weakness (CVE-2017-15361)."),
        RefusalCode.UnsupportedKey =>
            new(422, "unsupported-key", "The public key is of a kind that is not certified here."),
        RefusalCode.KeyNotAllowed =>
            new(422, "key-not-allowed", "The profile does not accept this kind of public key."),
        RefusalCode.KeyBlocked => new(422, "key-blocked", "The public key is on the list of compromised or weak keys."),
        RefusalCode.BadReason => new(422, "bad-reason", "The revocation reason is not one that may be asked for."),
        RefusalCode.NameNotPossible => new(
            422, "name-not-possible", "A name of the profile cannot be made of the device's ID, group and attributes."),
        RefusalCode.BadProfile => new(422, "bad-profile", "The profile cannot be used, or breaks a rule."),
        RefusalCode.PreconditionFailed =>
            new(412, "precondition-failed", "The resource is not in the version that the caller has seen."),
        RefusalCode.PreconditionRequired =>
            new(428, "precondition-required", "Who replaces a resource says in If-Match which version was seen."),
        RefusalCode.IdempotencyMismatch => new(
            422, "idempotency-mismatch", "The same Idempotency-Key came with another request."),
        RefusalCode.BadGroup => new(422, "bad-group", "The definition of the group cannot be used."),
        RefusalCode.BadScope => new(422, "bad-scope", "The limits of the registrar cannot be used."),
        RefusalCode.BadName => new(400, "bad-name", "The name is not of the accepted form."),
        RefusalCode.AlreadyExists => new(409, "already-exists", "It is on record already, and otherwise."),
        RefusalCode.ImportMismatch => new(409, "import-mismatch", "The import has begun with other rows."),
        RefusalCode.PolicyChanged => new(409, "policy-changed", "What the decision rested on has changed meanwhile."),
        RefusalCode.UnknownGroup => new(422, "unknown-group", "There is no such enrollment group."),
        RefusalCode.GroupMismatch => new(409, "group-mismatch", "The device belongs to another group."),
        RefusalCode.UnknownSlot => new(422, "unknown-slot", "The group has no such slot."),
        RefusalCode.CredentialNotAccepted => new(
            403, "credential-not-accepted", "The group does not accept this kind of credential."),
        RefusalCode.OutsideScope => new(403, "outside-scope", "The credential does not reach this group, lot or device."),
        RefusalCode.OutsideNetwork => new(403, "outside-network", "The credential may not be used from this network."),
        RefusalCode.OutsideHours => new(403, "outside-hours", "The credential may not be used at this time."),
        RefusalCode.DailyLimit => new(429, "daily-limit", "The caller has enrolled as many devices today as it may."),
        RefusalCode.DeviceIdNotAllowed => new(
            403, "device-id-not-allowed", "The group does not enroll devices of such an ID."),
        RefusalCode.NotPreregistered => new(
            403, "not-preregistered", "The group enrolls only devices that are in the registry already."),
        RefusalCode.AttributeMissing => new(
            422, "attribute-missing", "The device lacks an attribute that the group requires."),
        RefusalCode.BadCredential => new(422, "bad-credential", "The definition of the credential cannot be used."),
        RefusalCode.BadManifest => new(422, "bad-manifest", "The manifest is not signed by a registered signer."),
        RefusalCode.BadCrl => new(422, "bad-crl", "The manufacturer's CRL cannot be taken."),
        RefusalCode.RevocationUnknown => new(
            503, "revocation-unknown", "It is not known whether the manufacturer has revoked the caller's certificate."),
        RefusalCode.TwoCredentials => new(400, "two-credentials", "The caller showed a client certificate and a token at once."),
        RefusalCode.BadToken => new(401, "bad-token", "The enrollment token is not valid."),
        RefusalCode.TokenExpired => new(401, "token-expired", "The enrollment token has expired."),
        RefusalCode.TokenExhausted => new(403, "token-exhausted", "The enrollment token is used up."),
        RefusalCode.NotExpected => new(403, "not-expected", "The credential does not expect this device."),
        RefusalCode.AlreadyClaimed => new(409, "already-claimed", "The device was claimed before."),
        RefusalCode.KeyMismatch => new(403, "key-mismatch", "The device is bound to another public key."),
        RefusalCode.SecondCredentialRequired => new(
            403, "second-credential-required", "The group wants a certificate and a token together, which EST clients can show."),
        RefusalCode.ChannelBinding => new(
            422, "channel-binding", "The request is not bound to its TLS session, which the group wants; EST over TLS 1.2 can."),
        RefusalCode.ServerKeysOff => new(403, "server-keys-off", "No keys are made here for devices of the group."),
        RefusalCode.KeyProtection => new(422, "key-protection", "The key cannot be protected as the request asks."),
        RefusalCode.UnknownLot => new(422, "unknown-lot", "There is no such lot."),
        RefusalCode.LotClosed => new(403, "lot-closed", "The lot is closed."),
        RefusalCode.LotNotOpen => new(403, "lot-not-open", "The lot's window has not begun."),
        RefusalCode.NotInLot => new(403, "not-in-lot", "The lot does not order this unit."),
        RefusalCode.ApprovalPending => new(202, "approval-pending", "An administrator has to approve the request."),
        RefusalCode.ApprovalDenied => new(403, "approval-denied", "An administrator has denied the request."),
        RefusalCode.TooManyPending => new(429, "too-many-pending", "Too many requests wait for an administrator."),
        RefusalCode.QuotaExhausted => new(
            403, "quota-exhausted", "As many units of the lot as were ordered have been enrolled."),
        RefusalCode.BadLot => new(422, "bad-lot", "The definition of the lot cannot be used."),
        RefusalCode.NotEnrolled => new(409, "not-enrolled", "The unit was not enrolled."),
        RefusalCode.BadDeviceState => new(409, "bad-device-state", "The device is not in a state in which that can be done to it."),
        RefusalCode.BadCampaign => new(422, "bad-campaign", "The campaign cannot be started like this."),
        RefusalCode.CampaignRunning => new(409, "campaign-running", "Another campaign of the group is not over."),
        RefusalCode.RenewalTooEarly => new(409, "renewal-too-early", "The renewal window has not begun."),
        RefusalCode.NewKeyRequired => new(422, "new-key-required", "The group wants a new key with every renewal."),
        RefusalCode.NewKeyNotAllowed => new(422, "new-key-not-allowed", "The group's devices keep their key."),
        RefusalCode.TooManyStreams => new(429, "too-many-streams", "As many streams are open as may be."),
        RefusalCode.FeedPositionAhead => new(409, "feed-position-ahead", "The reader has seen events that this service does not have."),
        RefusalCode.BadWebhook => new(422, "bad-webhook", "The definition of the webhook cannot be used."),
        RefusalCode.BadRevocationJob => new(422, "bad-revocation-job", "What the job is to concern cannot be used."),
        RefusalCode.BadConfirmation => new(409, "bad-confirmation", "The confirmation token is not good."),
        RefusalCode.CountChanged => new(409, "count-changed", "The job would concern many more certificates than were previewed."),
        // A profile that plans what RFC 5280 forbids: the operator's to repair, so no input of a caller makes it go
        // away.
        RefusalCode.LintFailed => new(503, "lint-failed", "The profile plans a certificate that breaks RFC 5280."),
        RefusalCode.AuthorityExpiring => new(503, "authority-expiring", "The authority is about to expire."),
        RefusalCode.AuthorityUnavailable =>
            new(503, "authority-unavailable", "The authority's key cannot be used now."),
        RefusalCode.StorageUnavailable => new(503, "storage-unavailable", "The database cannot store anything now."),
        RefusalCode.Overloaded => new(503, "overloaded", "More devices ask than can be served now."),
        RefusalCode.ClockRegressed => new(503, "clock-regressed", "The clock of the service went back."),
        RefusalCode.ClockSuspect => new(503, "clock-suspect", "The clock of the service jumped far ahead."),
        _ => throw new UnreachableException(),
    };

    // What is about the caller, the device's state or this service is in no field.
    private static string? PointerOf(Refusal refusal) => refusal.Field ?? refusal.Code switch
    {
        RefusalCode.BadDeviceId => "/deviceId",
        RefusalCode.BadAttributes when refusal.Attribute is { } name => StrictJson.Append("/attributes", name),
        RefusalCode.BadAttributes or RefusalCode.NameInUse => "/attributes",
        RefusalCode.AttributeMissing when refusal.Attribute is { } name => StrictJson.Append("/attributes", name),
        RefusalCode.UnknownGroup or RefusalCode.GroupMismatch => "/group",
        RefusalCode.UnknownSlot => "/slot",
        RefusalCode.UnknownLot or RefusalCode.LotClosed or RefusalCode.LotNotOpen or RefusalCode.NotInLot
            or RefusalCode.QuotaExhausted => "/lot",
        RefusalCode.DeviceIdNotAllowed or RefusalCode.NotPreregistered or RefusalCode.NotExpected => "/deviceId",
        RefusalCode.Malformed or RefusalCode.TooLarge or RefusalCode.BadCsr or RefusalCode.PopInvalid
            or RefusalCode.SignatureAlgorithm or RefusalCode.UnsupportedExtension or RefusalCode.ExtensionNotAllowed
            or RefusalCode.CaRequested or RefusalCode.IdentityMismatch or RefusalCode.BadKey or RefusalCode.Roca
            or RefusalCode.UnsupportedKey or RefusalCode.KeyNotAllowed or RefusalCode.KeyBlocked or RefusalCode.KeyInUse
            or RefusalCode.KeyMismatch => "/csr",
        _ => null,
    };

    private static TimeSpan? DefaultRetryAfter(RefusalCode code, int status) =>
        status == 503 && code != RefusalCode.LintFailed ? TimeSpan.FromSeconds(5) : null;
}
