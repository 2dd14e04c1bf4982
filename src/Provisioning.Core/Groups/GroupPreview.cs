using Provisioning.Core.Devices;

namespace Provisioning.Core.Groups;

/// <summary>Whom a definition of a group would refuse, if its devices were enrolled anew.</summary>
/// <param name="Devices">How many devices the group has.</param>
/// <param name="Refused">How many of them would be refused.</param>
/// <param name="ByRule">The same, by the rule that refuses first.</param>
/// <param name="Examples">The first of them, in the order of their IDs.</param>
public sealed record GroupPreview(
    long Devices, long Refused, IReadOnlyDictionary<string, long> ByRule, IReadOnlyList<RefusedDevice> Examples);

/// <summary>A device that would be refused.</summary>
/// <param name="Id">Its ID.</param>
/// <param name="Rule">The rule that refuses it first.</param>
public sealed record RefusedDevice(DeviceId Id, string Rule);
