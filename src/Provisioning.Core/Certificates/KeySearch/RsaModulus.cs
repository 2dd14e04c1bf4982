namespace Provisioning.Core.Certificates.KeySearch;

/// <summary>The RSA key of a device, as the search for shared primes keeps it: once, however often it was certified.</summary>
/// <param name="Number">Its place in the order in which the keys were found, from 1; 0 until it has one.</param>
/// <param name="DeviceId">Whose it is.</param>
/// <param name="KeyThumbprint">The key's name in the registry.</param>
/// <param name="Modulus">The modulus, big-endian without leading zeros.</param>
public sealed record RsaModulus(long Number, string DeviceId, Digest KeyThumbprint, ReadOnlyMemory<byte> Modulus);
