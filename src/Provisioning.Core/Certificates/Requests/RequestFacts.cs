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

    public CertificationRequest ToRequest(PublicKeyFacts key, ReadOnlySpan<byte> der) => new()
    {
        Key = new SubjectPublicKey(key.Algorithm, key.SubjectPublicKeyInfo, Digest.Of(key.SubjectPublicKeyInfo)),
        CommonName = CommonName,
        HasOtherSubjectAttributes = HasOtherSubjectAttributes,
        Subject = Subject,
        AlternativeNames = AlternativeNames,
        KeyUsage = KeyUsage,
        ExtendedKeyUsages = ExtendedKeyUsages,
        ChallengePassword = ChallengePassword,
        Hash = Digest.Of(der),
    };
}
