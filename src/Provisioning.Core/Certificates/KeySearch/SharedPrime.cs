namespace Provisioning.Core.Certificates.KeySearch;

/// <summary>
/// Two RSA keys that have a prime in common: whoever knows both public keys can compute both private keys. The prime itself is kept
/// nowhere.
/// </summary>
/// <param name="First">One of the keys.</param>
/// <param name="Second">The other one; it may be of the same device.</param>
public sealed record SharedPrime(RsaModulus First, RsaModulus Second);
