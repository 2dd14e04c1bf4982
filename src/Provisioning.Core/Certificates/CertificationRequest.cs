using Provisioning.Core.Certificates.Requests;

namespace Provisioning.Core.Certificates;

/// <summary>
/// The facts of a PKCS#10 certification request (RFC 2986) after strict decoding, key checks and proof of possession.
/// Facts only: nothing of it enters a certificate but the public key, unless the profile grants it.
/// </summary>
public sealed record CertificationRequest
{
    /// <summary>The public key, checked; the request's signature verifies under it.</summary>
    public required SubjectPublicKey Key { get; init; }

    /// <summary>The common name of the subject, or null when there is none.</summary>
    public required string? CommonName { get; init; }

    /// <summary>True when the subject holds attributes other than one common name.</summary>
    public required bool HasOtherSubjectAttributes { get; init; }

    /// <summary>All attributes of its subject, in their order.</summary>
    public required IReadOnlyList<SubjectPart> Subject { get; init; }

    /// <summary>The subject alternative names asked for; empty when none.</summary>
    public required IReadOnlyList<GeneralName> AlternativeNames { get; init; }

    /// <summary>The key usage bits asked for (RFC 5280 §4.2.1.3), or null when none were.</summary>
    public required KeyUsages? KeyUsage { get; init; }

    /// <summary>The extended key usages asked for, as dotted OIDs; empty when none.</summary>
    public required IReadOnlyList<string> ExtendedKeyUsages { get; init; }

    /// <summary>How a key that is made here would have to be protected; null where the request does not ask for that.</summary>
    public required KeyProtection? Protection { get; init; }

    /// <summary>The challengePassword attribute (RFC 2985 §5.4.1), or null. A secret: never logged, and kept with the request only while that waits for an administrator.</summary>
    public required string? ChallengePassword { get; init; }

    /// <summary>
    /// What makes a retry the same request: SHA-256 of its DER; or, where it has a challenge password, of what it says beside that. A client that binds
    /// each request to its TLS session (RFC 7030 §3.5) must sign another one for each connection, and means the same.
    /// </summary>
    public required Digest Hash { get; init; }
}
