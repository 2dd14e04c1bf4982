namespace Provisioning.Core.Certificates.KeySearch;

/// <summary>A certificate of a device, and what the registry says of its key.</summary>
/// <param name="DeviceId">Whose it is.</param>
/// <param name="KeyThumbprint">The key's name in the registry.</param>
/// <param name="Der">The certificate.</param>
public sealed record IssuedKey(string DeviceId, Digest KeyThumbprint, ReadOnlyMemory<byte> Der);
