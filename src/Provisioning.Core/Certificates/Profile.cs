using System.Collections.Frozen;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Core.Certificates;

/// <summary>
/// What a kind of certificate contains. Immutable and valid as a whole: <see cref="ProfileReader"/> makes it from data and
/// refuses what could never pass the lint.
/// </summary>
public sealed record Profile
{
    internal Profile()
    {
    }

    /// <summary>The data that it was made from.</summary>
    public required ProfileDefinition Definition { get; init; }

    /// <summary>Its name, as it stands in the registry.</summary>
    public required string Name { get; init; }

    /// <summary>Who may hold such a certificate.</summary>
    public required HolderKind Holder { get; init; }

    /// <summary>The public keys that it accepts.</summary>
    public required FrozenSet<KeyAlgorithm> KeyAlgorithms { get; init; }

    /// <summary>The key usage of every key (RFC 5280 §4.2.1.3); always critical.</summary>
    public required KeyUsages KeyUsage { get; init; }

    /// <summary>What RSA keys get beside it.</summary>
    public required KeyUsages RsaKeyUsage { get; init; }

    /// <summary>True when a request may ask for any key usage, and gets that of the profile.</summary>
    public required bool IgnoresRequestedKeyUsage { get; init; }

    /// <summary>True when a request may ask for any name, and gets those of the profile.</summary>
    public required bool IgnoresRequestedNames { get; init; }

    /// <summary>The extended key usages as dotted OIDs; empty for authorities.</summary>
    public required IReadOnlyList<string> ExtendedKeyUsages { get; init; }

    /// <summary>The certificate policies, often none.</summary>
    public required IReadOnlyList<CertificatePolicy> Policies { get; init; }

    /// <summary>For authorities: how many authorities may follow below (RFC 5280 §4.2.1.9); null for end entities.</summary>
    public required int? PathLength { get; init; }

    /// <summary>From issue to notAfter, cut where the issuer ends earlier; null for a certificate without an end.</summary>
    public required TimeSpan? Lifetime { get; init; }

    /// <summary>True when a certificate may say that it is valid after its issuer has ended; only without a <see cref="Lifetime"/>.</summary>
    public required bool OutlivesIssuer { get; init; }

    /// <summary>How far notBefore lies before the issue, for devices whose clocks are late.</summary>
    public required TimeSpan Backdating { get; init; }

    /// <summary>The part of the lifetime after which the holder should renew, 0 to 1.</summary>
    public required double RenewAfter { get; init; }

    /// <summary>The part of the lifetime by which the holder should have renewed, 0 to 1.</summary>
    public required double RenewBefore { get; init; }

    /// <summary>True for an authority's certificate.</summary>
    public bool IsAuthority => PathLength is not null;

    /// <summary>True for the keys that answer for an authority how certificates stand (RFC 6960 §4.2.2.2).</summary>
    public bool AnswersOcsp => ExtendedKeyUsages.Contains(Oids.OcspSigning);

    /// <summary>How the attributes of the subject are made, in their order.</summary>
    internal IReadOnlyList<SubjectTemplate> Subject { get; init; } = [];

    /// <summary>How the alternative names are made, in their order.</summary>
    internal IReadOnlyList<AlternativeNameTemplate> AlternativeNames { get; init; } = [];

    /// <summary>The key usage of a key of this kind.</summary>
    /// <param name="algorithm">The kind.</param>
    /// <returns>At least one bit.</returns>
    public KeyUsages KeyUsageOf(KeyAlgorithm algorithm) => IsRsa(algorithm) ? KeyUsage | RsaKeyUsage : KeyUsage;

    internal static bool IsRsa(KeyAlgorithm algorithm) =>
        algorithm is KeyAlgorithm.Rsa2048 or KeyAlgorithm.Rsa3072 or KeyAlgorithm.Rsa4096;
}
