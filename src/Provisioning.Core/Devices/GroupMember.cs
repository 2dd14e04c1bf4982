namespace Provisioning.Core.Devices;

/// <summary>What a group's rules look at, of a device that is on record.</summary>
/// <param name="Id">Its ID.</param>
/// <param name="Attributes">Its attributes.</param>
/// <param name="Slots">The slots in which it has a certificate that is in use or on its way.</param>
public readonly record struct GroupMember(DeviceId Id, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Slots);
