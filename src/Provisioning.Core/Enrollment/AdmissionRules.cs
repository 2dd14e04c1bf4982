using Provisioning.Core.Certificates;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// May this caller enroll this device into this group? All rules, in the order in which they refuse. What can change between
/// here and the signature (quotas, uses, windows, who holds what) is decided once more, or only, in the reserve transaction.
/// </summary>
internal static class AdmissionRules
{
    /// <summary>The first: beyond the scope of a credential nothing is told of groups, lots and devices.</summary>
    internal static AdmissionRule Scope { get; } = new(
        "scope",
        "The credential reaches the group, the lot and the device.",
        c => CallerScope.Check(c.Caller, c.DeviceId, c.Group.Name, c.Lot?.Name));

    internal static IReadOnlyList<AdmissionRule> All { get; } =
    [
        Scope,
        new("credential", "The group accepts this kind of credential.", CheckCredential),
        new("group", "The device belongs to the group.", CheckGroup),
        new("token", "The token is made for the device.", CheckToken),
        new("claim", "The claim certificate's batch expects the device.", CheckClaim),
        new("birth", "The birth certificate is the device's own.", CheckBirth),
        new("device-id", "The device ID matches the group's pattern.", CheckDeviceId),
        new("registration", "The group enrolls this device, registered before or not.", CheckRegistration),
        new("attributes", "The device has every attribute that the group requires, from somebody who may say so.", CheckAttributes),
        new("lot", "The lot orders this unit, and the caller is one of its stations.", CheckLot),
    ];

    private static Refusal? CheckCredential(EnrollmentCase c) => c.Caller.Credential switch
    {
        null => new Refusal(RefusalCode.NotAllowed, "This caller enrolls no devices; a device renews at /api/v1/renewals."),
        { } kind when c.Group.Credentials.Contains(kind) => CheckSecond(c),
        var kind => new Refusal(
            RefusalCode.CredentialNotAccepted,
            $"The group '{c.Group.Name}' accepts: {string.Join(", ", c.Group.Definition.Credentials)}; this is: {kind}."),
    };

    // Who shows two is held to both, also where one would do.
    private static Refusal? CheckSecond(EnrollmentCase c)
    {
        if (c.Caller.SecondFactor is not null)
        {
            return c.Group.Credentials.Contains(CredentialKind.Token)
                ? null
                : new Refusal(RefusalCode.CredentialNotAccepted, $"The group '{c.Group.Name}' accepts no tokens.");
        }

        return c.Group.Definition.BothCredentials
            ? new Refusal(
                RefusalCode.SecondCredentialRequired,
                $"The group '{c.Group.Name}' wants a client certificate and an enrollment token together; the caller showed one of them.")
            : null;
    }

    private static Refusal? CheckGroup(EnrollmentCase c)
    {
        if (c.Device is not { } device || device.Group == c.Group.Name) return null;
        return c.Caller switch
        {
            Caller.Registrar { Scope: { } scope } when !scope.AllowsGroup(device.Group) =>
                new Refusal(RefusalCode.GroupMismatch, "The device belongs to another group."),
            Caller.Registrar or Caller.Administrator =>
                new Refusal(RefusalCode.GroupMismatch, $"The device belongs to the group '{device.Group}'."),
            _ => NotExpected(),
        };
    }

    private static Refusal? CheckToken(EnrollmentCase c)
    {
        if (c.Caller.AnyToken is not { } token) return null;
        var fits = (token.DeviceId is not { } only || only == c.DeviceId) && token.DeviceIdPattern?.IsMatch(c.DeviceId.Value) != false;
        return fits ? null : NotExpected();
    }

    // One answer for a device that is unknown, of another batch or of none: whoever holds a claim certificate learns nothing else.
    private static Refusal? CheckClaim(EnrollmentCase c) =>
        c.Caller is Caller.Claim claim && c.Device?.ClaimBatch != claim.Batch ? NotExpected() : null;

    private static Refusal? CheckBirth(EnrollmentCase c) =>
        c.Caller is Caller.Birth birth && birth.Id != c.DeviceId ? NotExpected() : null;

    private static Refusal? CheckDeviceId(EnrollmentCase c) => c.Group.DeviceIdPattern?.IsMatch(c.DeviceId.Value) == false
        ? new Refusal(
            RefusalCode.DeviceIdNotAllowed,
            $"The group '{c.Group.Name}' enrolls device IDs that match {c.Group.DeviceIdPattern.Text}.")
        : null;

    private static Refusal? CheckRegistration(EnrollmentCase c)
    {
        if (c.Group.Definition.Registration == Registration.Open || c.Device is not null) return null;
        return c.Caller is Caller.Registrar or Caller.Administrator
            ? new Refusal(
                RefusalCode.NotPreregistered, $"The group '{c.Group.Name}' enrolls registered devices only. Import the device first.")
            : NotExpected();
    }

    private static Refusal? CheckAttributes(EnrollmentCase c)
    {
        if (c.AddsAttributes && c.Caller is not (Caller.Registrar or Caller.Administrator))
        {
            return new Refusal(
                RefusalCode.BadAttributes, "Attributes are set by registrars and administrators: a device does not say what it is.");
        }

        return c.Group.Definition.RequiredAttributes.FirstOrDefault(name => !c.Attributes.ContainsKey(name)) is { } missing
            ? new Refusal(RefusalCode.AttributeMissing, $"The group '{c.Group.Name}' requires the attribute '{missing}'.")
            {
                Attribute = missing,
            }
            : DeviceAttributes.Check(c.Attributes);
    }

    private static Refusal? CheckLot(EnrollmentCase c)
    {
        if (c.Lot is not { } lot) return null;
        if (lot.Definition.Group != c.Group.Name)
            return new Refusal(RefusalCode.NotInLot, $"The lot '{lot.Name}' is one of the group '{lot.Definition.Group}'.");
        if (lot.Definition.Stations is { } stations && !IsStation(c.Caller, stations))
            return new Refusal(RefusalCode.OutsideScope, $"The caller is no station of the lot '{lot.Name}'.");
        return lot.Definition.Range?.Contains(c.DeviceId.Value) == false
            ? new Refusal(RefusalCode.NotInLot, $"The lot '{lot.Name}' does not order this unit.")
            : null;
    }

    // A token that enrolls for the lot was made for it.
    private static bool IsStation(Caller caller, IReadOnlyList<string> stations) => caller switch
    {
        Caller.Registrar registrar => stations.Contains(registrar.Name),
        Caller.Administrator or Caller.Token => true,
        _ => false,
    };

    /// <summary>The key that a token is bound to. After the request was read, because only then it is known.</summary>
    internal static Refusal? CheckKey(EnrollmentCase c, SubjectPublicKey key) =>
        c.Caller.AnyToken is { KeyThumbprint: { } bound } && bound != key.Thumbprint
            ? new Refusal(RefusalCode.KeyMismatch, "The token is made for another key.")
            : null;

    private static Refusal NotExpected() => new(RefusalCode.NotExpected, "This credential does not expect that device.");
}
