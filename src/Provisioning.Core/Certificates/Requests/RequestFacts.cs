using Provisioning.Core.Certificates.KeyChecks;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>What was read so far. Filled by the readers of the parts, in the order in which the parts stand.</summary>
internal sealed class RequestFacts
{
    public string? CommonName { get; set; }

    public bool HasOtherSubjectAttributes { get; set; }

    /// <summary>All attributes of the subject in their order, with the number of the RDN that each is in.</summary>
    public List<SubjectPart> Subject { get; } = [];

    public List<GeneralName> AlternativeNames { get; } = [];

    public KeyUsages? KeyUsage { get; set; }

    public List<string> ExtendedKeyUsages { get; } = [];

    public string? ChallengePassword { get; set; }

    /// <summary>DecryptKeyIdentifier (RFC 7030 §4.4.1.1).</summary>
    public ReadOnlyMemory<byte>? SecretIdentifier { get; set; }

    /// <summary>AsymmetricDecryptKeyIdentifier (RFC 7030 §4.4.1.2).</summary>
    public ReadOnlyMemory<byte>? DecryptionKeyIdentifier { get; set; }

    /// <summary>The algorithms in SMIMECapabilities (RFC 8551 §2.5.2); null where the request has no such list.</summary>
    public List<string>? Capabilities { get; set; }

    private KeyProtection? Protection => SecretIdentifier is { } secret ? new KeyProtection(true, secret, Capabilities ?? [])
        : DecryptionKeyIdentifier is { } key ? new KeyProtection(false, key, Capabilities ?? [])
        : null;

    public CertificationRequest ToRequest(PublicKeyFacts key, Digest hash) => new()
    {
        Key = new SubjectPublicKey(key.Algorithm, key.SubjectPublicKeyInfo, Digest.Of(key.SubjectPublicKeyInfo)),
        CommonName = CommonName,
        HasOtherSubjectAttributes = HasOtherSubjectAttributes,
        Subject = Subject,
        AlternativeNames = AlternativeNames,
        KeyUsage = KeyUsage,
        ExtendedKeyUsages = ExtendedKeyUsages,
        ChallengePassword = ChallengePassword,
        Protection = Protection,
        Hash = hash,
    };
}
