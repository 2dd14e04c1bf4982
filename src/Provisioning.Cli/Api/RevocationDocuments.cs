namespace Provisioning.Cli.Api;

/// <summary>What a revocation job would do.</summary>
internal sealed record RevocationPreview
{
    public required long Certificates { get; init; }

    public required IReadOnlyDictionary<string, long> ByGroup { get; init; }

    public required IReadOnlyList<RevocationSample> Samples { get; init; }

    public required string ConfirmationToken { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public required bool NeedsApproval { get; init; }
}

/// <summary>A certificate that it would change.</summary>
internal sealed record RevocationSample(string SerialNumber, string DeviceId, string State);

/// <summary>A revocation job, as far as a table shows it.</summary>
internal sealed record RevocationJobEntry
{
    public required string Id { get; init; }

    public required string Action { get; init; }

    public string? Reason { get; init; }

    public string? Releases { get; init; }

    public required string State { get; init; }

    public required long Previewed { get; init; }

    public required long Certificates { get; init; }

    public required long Done { get; init; }

    public required long Failed { get; init; }

    public required double PerSecond { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset? ApprovedAt { get; init; }

    public string? ApprovedBy { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public string? StoppedBy { get; init; }
}

/// <summary>A campaign, as far as a table shows it.</summary>
internal sealed record CampaignEntry
{
    public required string Id { get; init; }

    public required string Group { get; init; }

    public required string Reason { get; init; }

    public required string State { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public required DateTimeOffset EndsAt { get; init; }

    public required long Certificates { get; init; }

    public long? Remaining { get; init; }

    public long? Unconfirmed { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset? StoppedAt { get; init; }

    public string? StoppedBy { get; init; }
}

/// <summary>A device that a campaign waits for, as far as a table shows it.</summary>
internal sealed record StragglerEntry
{
    public required string DeviceId { get; init; }

    public required string SerialNumber { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public DateTimeOffset? RenewAfter { get; init; }

    public DateTimeOffset? LastSeenAt { get; init; }

    public required bool IsRenewed { get; init; }
}
