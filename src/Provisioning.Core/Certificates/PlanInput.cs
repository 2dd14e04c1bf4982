using Provisioning.Core.Authorities;

namespace Provisioning.Core.Certificates;

/// <summary>What a plan is made from, beside the permission.</summary>
internal sealed record PlanInput
{
    /// <summary>The key that is certified.</summary>
    internal required SubjectPublicKey Key { get; init; }

    /// <summary>
    /// Where the key is made here for this request, so that nobody may have it who has not the answer: the key that the request is signed with, which
    /// is not certified. Else null.
    /// </summary>
    internal Digest? SignedWith { get; init; }

    /// <summary>The certificate whose place it takes, because its key was lost with the answer; null for none.</summary>
    internal SerialNumber? Replaces { get; init; }

    /// <summary>The authority that signs; null for a root, which signs itself with <see cref="RootKey"/>.</summary>
    internal required Authority? Issuer { get; init; }

    /// <summary>The key of a new root, else null.</summary>
    internal SigningKey? RootKey { get; init; }

    /// <summary>Names beyond those of the profile: the addresses of the service itself.</summary>
    internal IReadOnlyList<GeneralName> ExtraNames { get; init; } = [];

    /// <summary>What makes a retry the same request.</summary>
    internal required Digest RequestHash { get; init; }

    /// <summary>The Idempotency-Key, or null.</summary>
    internal string? RequestKey { get; init; }

    /// <summary>What is known of the device, for the names in the certificate; null for holders that are none.</summary>
    internal IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>True when the attributes are to be put on record with the device.</summary>
    internal bool KeepsAttributes { get; init; }
}
