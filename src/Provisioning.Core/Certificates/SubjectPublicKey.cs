namespace Provisioning.Core.Certificates;

/// <summary>A public key that passed the key checks.</summary>
/// <param name="Algorithm">Its kind.</param>
/// <param name="SubjectPublicKeyInfo">
/// The DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), rebuilt in its one canonical form, never the caller's bytes.
/// </param>
/// <param name="Thumbprint">SHA-256 of <paramref name="SubjectPublicKeyInfo"/>: the key's name in the registry.</param>
public sealed record SubjectPublicKey(
    KeyAlgorithm Algorithm, ReadOnlyMemory<byte> SubjectPublicKeyInfo, Digest Thumbprint);
