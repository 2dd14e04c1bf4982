using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// A request that was allowed. Nothing is planned without one, and the rules below are the only way to one: the
/// constructor is theirs alone, so a path that forgets to ask cannot compile.
/// </summary>
public sealed record AuthorizedRequest
{
    private AuthorizedRequest()
    {
    }

    /// <summary>Who asked.</summary>
    public required Caller Caller { get; init; }

    /// <summary>What kind of holder the certificate is for.</summary>
    public required HolderKind HolderKind { get; init; }

    /// <summary>The device ID, or the name of the principal.</summary>
    public required string Holder { get; init; }

    /// <summary>The profile that it is planned with.</summary>
    public required string Profile { get; init; }

    /// <summary>The certificate that this one renews, or null for a first one.</summary>
    public SerialNumber? Renews { get; init; }

    /// <summary>
    /// May this caller enroll this device? Registrars and administrators may; whether the device may be enrolled now is
    /// decided in the reserve transaction.
    /// </summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="deviceId">For which device.</param>
    /// <returns>The permission, or the refusal.</returns>
    internal static Outcome<AuthorizedRequest> Enrollment(Caller caller, DeviceId deviceId) => caller switch
    {
        Caller.Registrar or Caller.Administrator => new AuthorizedRequest
        {
            Caller = caller,
            HolderKind = HolderKind.Device,
            Holder = deviceId.Value,
            Profile = "device",
        },
        _ => new Refusal(RefusalCode.NotAllowed, "Only a registrar or an administrator enrolls devices."),
    };

    /// <summary>May this caller renew? A device may, for itself, with the certificate that it showed.</summary>
    /// <param name="caller">Who asks.</param>
    /// <returns>The permission, or the refusal.</returns>
    internal static Outcome<AuthorizedRequest> Renewal(Caller caller) => caller switch
    {
        Caller.Device(var id, var certificate) => new AuthorizedRequest
        {
            Caller = caller,
            HolderKind = HolderKind.Device,
            Holder = id.Value,
            Profile = "device",
            Renews = certificate,
        },
        _ => new Refusal(RefusalCode.NotAllowed, "Only a device renews, with its own current certificate."),
    };

    /// <summary>The service's own needs: its server certificate, first credentials, and the issuing authority.</summary>
    /// <param name="caller">The service; only the composition makes one.</param>
    /// <param name="kind">For whom.</param>
    /// <param name="holder">The name.</param>
    /// <param name="profile">The profile.</param>
    /// <returns>The permission, or the refusal for a device: those go through the rules above.</returns>
    internal static Outcome<AuthorizedRequest> Service(Caller.Service caller, HolderKind kind, string holder, string profile) =>
        kind is HolderKind.Device
            ? new Refusal(RefusalCode.NotAllowed, "The service itself enrolls no devices.")
            : new AuthorizedRequest { Caller = caller, HolderKind = kind, Holder = holder, Profile = profile };
}
