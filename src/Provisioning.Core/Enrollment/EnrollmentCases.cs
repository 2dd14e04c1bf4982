using Provisioning.Core.Devices;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Enrollment;

/// <summary>Reads what an admission is decided on, and finds the group that decides.</summary>
/// <param name="store">Devices and lots.</param>
/// <param name="groups">The groups.</param>
/// <param name="windows">When certificates should be renewed.</param>
public sealed class EnrollmentCases(IAdmissionStore store, GroupCatalog groups, RenewalWindows windows)
{
    private static readonly Dictionary<string, string> Nothing = [];

    /// <summary>Puts the case of a first enrollment together.</summary>
    /// <returns>
    /// The case; or why there is none: a device ID, group, lot or slot that there cannot be, or <see cref="RefusalCode.OutsideScope"/>
    /// before any of them was looked at.
    /// </returns>
    internal async ValueTask<Outcome<EnrollmentCase>> ReadAsync(Caller caller, EnrollmentRequest request, CancellationToken ct)
    {
        if (!DeviceId.TryParse(request.DeviceId, out var deviceId)) return BadDeviceId;
        if (DeviceAttributes.Check(request.Attributes) is { } badAttributes) return badAttributes;
        var lotName = request.Lot ?? LotOf(caller);
        if (CallerScope.Check(caller, deviceId, request.Group, lotName) is { } outside) return outside;
        if (lotName is not null && !ResourceName.IsValid(lotName)) return UnknownLot(lotName);
        var (device, lot) = await store.ReadAsync(deviceId, lotName, ct);
        if (lotName is not null && (lot is null || !CallerScope.Reaches(caller, lot)))
            return caller is Caller.Registrar ? CallerScope.NoSuchLot : UnknownLot(lotName);

        var groupName = request.Group ?? GroupOf(caller) ?? lot?.Definition.Group ?? device?.Group ?? EnrollmentGroup.DefaultName;
        if (CallerScope.Check(caller, deviceId, groupName, lotName) is { } beyond) return beyond;
        if (groups.Find(groupName)?.Group is not { } group)
            return new Refusal(RefusalCode.UnknownGroup, "There is no such enrollment group. GET /api/v1/groups lists them to administrators.");
        if (group.FindSlot(request.Slot) is not { } slot)
        {
            var names = string.Join(", ", group.Definition.Slots.Select(one => one.Name));
            return new Refusal(RefusalCode.UnknownSlot, $"The group '{group.Name}' has the slots: {names}.");
        }

        return new EnrollmentCase
        {
            Caller = caller,
            DeviceId = deviceId,
            Device = device,
            Group = group,
            Slot = slot,
            Lot = lot,
            Sent = request.Attributes ?? Nothing,
        }.Merged();
    }

    /// <summary>Puts the case of a renewal together.</summary>
    /// <param name="caller">The device.</param>
    /// <param name="named">The group that the device says it is in, or null.</param>
    /// <param name="isFresh">The caller was identified just now; then its row is not read again.</param>
    /// <param name="now">The time.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The case; or a refusal when the device or its group is not in the registry any more.</returns>
    internal async ValueTask<Outcome<RenewalCase>> ReadRenewalAsync(
        Caller.Device caller, string? named, bool isFresh, DateTimeOffset now, CancellationToken ct)
    {
        var device = (isFresh ? caller.OnRecord : null) ?? (await store.ReadAsync(caller.Id, null, ct)).Device;
        if (device is null) return new Refusal(RefusalCode.NotFound, "The device is not in the registry.");
        if (groups.Find(device.Group)?.Group is not { } group)
            return new Refusal(RefusalCode.UnknownGroup, $"The device's enrollment group '{device.Group}' is not there.");
        if (named is not null && named != group.Name)
        {
            return groups.Find(named) is null
                ? new Refusal(RefusalCode.UnknownGroup, "There is no enrollment group of this name.")
                : new Refusal(RefusalCode.GroupMismatch, "The device belongs to another group.");
        }

        return new RenewalCase(caller, device, group, caller.Shown is { } shown ? windows.Of(shown) : null, now);
    }

    /// <summary>After <see cref="RefusalCode.PolicyChanged"/>: what is kept in memory may be old.</summary>
    internal Task RefreshAsync(CancellationToken ct) => groups.RefreshAsync(ct);

    private static Refusal BadDeviceId { get; } = new(
        RefusalCode.BadDeviceId,
        $"A device ID is 1 to {DeviceId.MaxLength} of A-Z a-z 0-9 . _ - : and starts with a letter or a digit.");

    private static string? LotOf(Caller caller) => caller switch
    {
        { SecondFactor: { } token } => token.Lot,
        Caller.Registrar { Scope: { } scope } => scope.OnlyLot,
        Caller.Token(var token) => token.Lot,
        _ => null,
    };

    private static string? GroupOf(Caller caller) => caller switch
    {
        { SecondFactor: { } token } => token.Group,
        Caller.Token(var token) => token.Group,
        Caller.Claim claim => claim.Group,
        Caller.Birth birth => birth.Group,
        _ => null,
    };

    private static Refusal UnknownLot(string name) => new(
        RefusalCode.UnknownLot, ResourceName.IsValid(name) ? $"There is no lot '{name}'." : ResourceName.Rule);
}
