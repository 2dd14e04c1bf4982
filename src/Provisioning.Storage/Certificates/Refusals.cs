using Provisioning.Core.Enrollment;

namespace Provisioning.Storage.Certificates;

/// <summary>The sentences of this project's refusals.</summary>
internal static class Refusals
{
    public static Refusal RequestInProgress { get; } =
        new(RefusalCode.RequestInProgress, "The same request is being worked on. Ask again in a second.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };

    public static Refusal GivenUp { get; } =
        new(RefusalCode.RequestInProgress, "This reservation was given up meanwhile. Send the request again.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };

    public static Refusal IdempotencyMismatch { get; } =
        new(RefusalCode.IdempotencyMismatch, "This Idempotency-Key was used for another request. Take a new key.");

    public static Refusal KeyBlocked { get; } =
        new(RefusalCode.KeyBlocked, "This public key is blocked. Make a new key pair.");

    public static Refusal KeyInUse { get; } =
        new(RefusalCode.KeyInUse, "This public key belongs to another holder. Make a new key pair.");

    public static Refusal AlreadyBound { get; } = new(
        RefusalCode.DeviceAlreadyBound,
        "The device holds a certificate with another key. Renew that one, or have an administrator revoke it.");

    public static Refusal OnHold { get; } =
        new(RefusalCode.CertificateOnHold, "The certificate is on hold. An administrator can release or revoke it.");

    public static Refusal Revoked { get; } =
        new(RefusalCode.CertificateRevoked, "The certificate was revoked. The device must be enrolled again.");

    public static Refusal Superseded { get; } =
        new(RefusalCode.CertificateSuperseded, "The certificate was replaced by a newer one. Use that one.");

    public static Refusal UnknownCertificate { get; } =
        new(RefusalCode.UnknownCertificate, "There is no such certificate of this device.");

    public static Refusal DeviceSuspended { get; } =
        new(RefusalCode.DeviceSuspended, "The device is suspended. An administrator can resume it.");

    public static Refusal DeviceQuarantined { get; } =
        new(RefusalCode.DeviceQuarantined, "The device is quarantined: a clone of it is suspected.");

    public static Refusal DeviceDecommissioned { get; } =
        new(RefusalCode.DeviceDecommissioned, "The device was decommissioned, which is final.");

    public static Refusal NotFound { get; } =
        new(RefusalCode.NotFound, "No certificate with this serial number was issued here.");

    public static Refusal AlreadyRevoked { get; } =
        new(RefusalCode.AlreadyRevoked, "The certificate is revoked for another reason, which stays.");

    public static Refusal CannotBeHeld { get; } =
        new(RefusalCode.NotAllowed, "Only a certificate that is in use can be put on hold.");

    public static Refusal NotOnHold { get; } = new(RefusalCode.NotOnHold, "The certificate is not on hold.");

    public static Refusal PlaceTaken { get; } = new(
        RefusalCode.DeviceAlreadyBound,
        "The device has another certificate by now. Revoke this one for good instead of releasing it.");
}
