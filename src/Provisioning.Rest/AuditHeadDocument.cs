using Provisioning.Core.Audit;

namespace Provisioning.Rest;

/// <summary>Where the audit ends.</summary>
internal sealed record AuditHeadDocument
{
    /// <summary>The number of its last entry.</summary>
    /// <example>4711</example>
    public required long Sequence { get; init; }

    /// <summary>The SHA-256 of that entry and, through it, of all before it, in hex.</summary>
    /// <example>9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08</example>
    public required string Hash { get; init; }

    /// <summary>Both, as `audit --anchors` takes it.</summary>
    /// <example>4711:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08</example>
    public required string Anchor { get; init; }

    /// <summary>When this was so.</summary>
    public required DateTimeOffset At { get; init; }

    internal static AuditHeadDocument Of(AuditAnchor head, DateTimeOffset at) => new()
    {
        Sequence = head.Sequence,
        Hash = head.Hash.ToString(),
        Anchor = head.ToString(),
        At = at,
    };
}
