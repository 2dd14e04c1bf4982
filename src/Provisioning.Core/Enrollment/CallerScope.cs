using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Lots;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// How far a credential reaches: the group, the lot and the devices that it is for. Judged on what the request names before anything of
/// them is read, so that beyond it there is one answer, whether there is such a thing or not.
/// </summary>
internal static class CallerScope
{
    /// <summary>The answer to a registrar that names a lot of others, or one that there is not.</summary>
    internal static Refusal NoSuchLot { get; } = Outside("There is no such lot that the registrar is a station of.");

    /// <summary>Judges what a request names.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="device">The device.</param>
    /// <param name="group">The group that is named, or that was found where none is; null for none yet.</param>
    /// <param name="lot">The lot that is named, or the only one of the credential; null for none.</param>
    /// <returns>The refusal, which names nothing that the caller has not named; or null.</returns>
    internal static Refusal? Check(Caller caller, DeviceId device, string? group, string? lot) =>
        (caller.SecondFactor is { } token ? CheckToken(token, group, lot) : null) ?? CheckFirst(caller, device, group, lot);

    private static Refusal? CheckFirst(Caller caller, DeviceId device, string? group, string? lot) => caller switch
    {
        Caller.Token(var token) => CheckToken(token, group, lot),
        Caller.Claim claim => CheckOwn(claim.Group, group) ?? CheckNone(lot),
        Caller.Birth birth => CheckOwn(birth.Group, group) ?? CheckNone(lot),
        Caller.Registrar { Scope: { } scope } => CheckRegistrar(scope, device, group, lot),
        _ => null,
    };

    /// <summary>May the caller know of the lot?</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="lot">The lot.</param>
    /// <returns>False for a registrar that is no station of it, or may not enroll into its group.</returns>
    internal static bool Reaches(Caller caller, Lot lot) => caller is not Caller.Registrar registrar
        || (registrar.Scope?.AllowsGroup(lot.Definition.Group) != false && lot.Definition.Stations?.Contains(registrar.Name) != false);

    private static Refusal? CheckToken(EnrollmentToken token, string? group, string? lot) => CheckOwn(token.Group, group)
        ?? (lot == token.Lot ? null : Outside("The token enrolls for another lot, or for none."));

    private static Refusal? CheckOwn(string own, string? group) =>
        group is null || group == own ? null : Outside("The credential enrolls into another group.");

    private static Refusal? CheckNone(string? lot) => lot is null ? null : Outside("A device enrolls itself for no lot.");

    private static Refusal? CheckRegistrar(RegistrarScope scope, DeviceId device, string? group, string? lot)
    {
        if (group is not null && !scope.AllowsGroup(group)) return Outside("The registrar may not enroll into that group. Name one of its own.");
        if (!scope.AllowsLot(lot)) return Outside("The registrar may enroll for certain lots only; name one of them.");
        return scope.AllowsDevice(device) ? null : Outside("The registrar may not enroll a device of such an ID.");
    }

    private static Refusal Outside(string detail) => new(RefusalCode.OutsideScope, detail);
}
