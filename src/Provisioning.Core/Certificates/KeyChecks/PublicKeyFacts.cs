namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>A public key of an accepted kind and form, not yet imported.</summary>
/// <param name="Algorithm">Its kind.</param>
/// <param name="SubjectPublicKeyInfo">Rebuilt, in the one canonical form.</param>
/// <param name="Modulus">The modulus of an RSA key, big-endian without leading zeros; empty for others.</param>
internal sealed record PublicKeyFacts(KeyAlgorithm Algorithm, byte[] SubjectPublicKeyInfo, byte[] Modulus)
{
    public bool IsRsa => Modulus.Length > 0;
}
