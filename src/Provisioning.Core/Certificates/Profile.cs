using System.Collections.Frozen;

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

    /// <summary>Its name, as it stands in the registry.</summary>
    public required string Name { get; init; }

    /// <summary>Who may hold such a certificate.</summary>
    public required HolderKind Holder { get; init; }

    /// <summary>The common name; <c>${holder}</c> stands for the device ID or the principal's name.</summary>
    public required string CommonName { get; init; }

    /// <summary>Templates of the subject alternative names, in their order.</summary>
    public required IReadOnlyList<GeneralName> AlternativeNames { get; init; }

    /// <summary>The public keys that it accepts.</summary>
    public required FrozenSet<KeyAlgorithm> KeyAlgorithms { get; init; }

    /// <summary>The key usage (RFC 5280 §4.2.1.3); always critical.</summary>
    public required KeyUsages KeyUsage { get; init; }

    /// <summary>The extended key usages as dotted OIDs; empty for authorities.</summary>
    public required IReadOnlyList<string> ExtendedKeyUsages { get; init; }

    /// <summary>For authorities: how many authorities may follow below (RFC 5280 §4.2.1.9); null for end entities.</summary>
    public required int? PathLength { get; init; }

    /// <summary>From issue to notAfter; cut where the issuer ends earlier.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>How far notBefore lies before the issue, for devices whose clocks are late.</summary>
    public required TimeSpan Backdating { get; init; }

    /// <summary>The part of the lifetime after which the holder should renew, 0 to 1.</summary>
    public required double RenewAfter { get; init; }

    /// <summary>The part of the lifetime by which the holder should have renewed, 0 to 1.</summary>
    public required double RenewBefore { get; init; }

    /// <summary>True for an authority's certificate.</summary>
    public bool IsAuthority => PathLength is not null;
}
