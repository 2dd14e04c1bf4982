namespace Provisioning.Core.Devices;

/// <summary>A device after a change.</summary>
/// <param name="Device">Its row as it is now.</param>
/// <param name="Authorities">The authorities of the certificates that were revoked, held or released with it.</param>
public sealed record ChangedDevice(Device Device, IReadOnlyList<string> Authorities);
