using Provisioning.Core.Devices;
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

    public static Refusal NameInUse(string name) =>
        new(RefusalCode.NameInUse, $"'{name}' is the name of another holder, which has a certificate. Correct the attributes, or revoke that one's.");

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
        new(RefusalCode.DeviceQuarantined, "The device is quarantined: a clone of it is suspected, or others can compute its key.");

    public static Refusal NoSuchDevice { get; } = new(RefusalCode.NotFound, "There is no such device.");

    public static Refusal BadDeviceState(DeviceState state) => new(
        RefusalCode.BadDeviceState, $"The device is {Words.Of(state)}; that cannot be done to it now.");

    public static Refusal DeviceDecommissioned { get; } =
        new(RefusalCode.DeviceDecommissioned, "The device was decommissioned, which is final.");

    public static Refusal PolicyChanged { get; } = new(
        RefusalCode.PolicyChanged, "What the decision rested on has changed meanwhile. Send the request again.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    public static Refusal CallerNotGood { get; } =
        new(RefusalCode.NotAllowed, "The caller's credential was revoked or put on hold meanwhile.");

    public static Refusal BatchNotGood { get; } = new(RefusalCode.NotAllowed, "The claim batch was revoked meanwhile.");

    public static Refusal BatchFull { get; } = new(RefusalCode.NotAllowed, "A claim batch has at most 1000 certificates. Make another batch.");

    public static Refusal BadToken { get; } = new(RefusalCode.BadToken, "The enrollment token is not valid.");

    public static Refusal TokenExpired { get; } = new(RefusalCode.TokenExpired, "The enrollment token has expired. Ask for a new one.");

    public static Refusal TokenExhausted { get; } =
        new(RefusalCode.TokenExhausted, "The enrollment token was used as often as it may be. Ask for a new one.");

    public static Refusal AlreadyClaimed { get; } =
        new(RefusalCode.AlreadyClaimed, "The device was claimed before. It renews with the certificate that it was given.");

    public static Refusal UnexpectedKey { get; } = new(
        RefusalCode.KeyMismatch, "The device is expected with another key: the one that its manifest names.");

    public static Refusal SecondBirth { get; } = new(
        RefusalCode.DeviceAlreadyBound, "The device was claimed with another certificate of its manufacturer.");

    public static Refusal NotApproved { get; } =
        new(RefusalCode.PolicyChanged, "The approval of this request is not good any more. Send the request again.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };

    public static Refusal LotClosed { get; } = new(RefusalCode.LotClosed, "The lot is closed. Ask for a new order.");

    public static Refusal LotNotOpen { get; } = new(RefusalCode.LotNotOpen, "The lot's window has not begun.");

    public static Refusal NotInLot { get; } = new(RefusalCode.NotInLot, "The lot does not order this unit.");

    public static Refusal OfAnotherLot { get; } = new(RefusalCode.NotInLot, "The unit was made in another lot, or in none.");

    public static Refusal NoSuchLot { get; } = new(RefusalCode.NotFound, "There is no such lot.");

    public static Refusal LotIsClosed { get; } = new(RefusalCode.LotClosed, "The lot is closed, and stays as it is.");

    public static Refusal LotExists { get; } = new(RefusalCode.AlreadyExists, "There is a lot of that name already.");

    public static Refusal LotChanged { get; } =
        new(RefusalCode.PreconditionFailed, "The lot was changed meanwhile. Read it again and repeat your change.");

    public static Refusal NotMadeInLot { get; } = new(RefusalCode.NotInLot, "The unit is not one of this lot.");

    public static Refusal NotEnrolled { get; } = new(
        RefusalCode.NotEnrolled, "The unit was not enrolled: there is nothing to scrap, and it takes no place of another.");

    public static Refusal QuotaExhausted { get; } = new(
        RefusalCode.QuotaExhausted, "As many units as were ordered have been enrolled. Report scrapped ones to replace them.");

    public static Refusal DailyLimit { get; } =
        new(RefusalCode.DailyLimit, "The registrar has enrolled as many devices today as it may. The day is that of UTC.");

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
