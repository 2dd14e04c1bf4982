namespace Provisioning.Core.Audit;

/// <summary>What the reconciliation found.</summary>
public sealed record AuditReport
{
    /// <summary>How many audit entries were read.</summary>
    public required long Entries { get; init; }

    /// <summary>How many certificates with a signature are on record.</summary>
    public required long Certificates { get; init; }

    /// <summary>Reservations without a known signature: given up, or still open.</summary>
    public required long WithoutSignature { get; init; }

    /// <summary>How many CRLs were compared with the registry.</summary>
    public required int Crls { get; init; }

    /// <summary>What does not agree, one sentence each, at most <see cref="Auditor.MaxFindings"/>; empty when all is well.</summary>
    public required IReadOnlyList<string> Findings { get; init; }
}
