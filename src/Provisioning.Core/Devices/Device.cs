using Provisioning.Core.Certificates;

namespace Provisioning.Core.Devices;

/// <summary>An entry of the registry.</summary>
public sealed record Device
{
    /// <summary>Its ID, unique in the service.</summary>
    public required DeviceId Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required DeviceState State { get; init; }

    /// <summary>The enrollment group that it belongs to.</summary>
    public string Group { get; init; } = Groups.EnrollmentGroup.DefaultName;

    /// <summary>What its registrar said of it.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>Counts the changes, so that a decision on an older state is not carried out.</summary>
    public long Revision { get; init; }

    /// <summary>The lot that it was made in, or null.</summary>
    public string? Lot { get; init; }

    /// <summary>The batch of claim certificates that may claim it, or null.</summary>
    public string? ClaimBatch { get; init; }

    /// <summary>SHA-256 of the only SubjectPublicKeyInfo that may be enrolled for it first, or null for any.</summary>
    public Digest? ExpectedKey { get; init; }

    /// <summary>SHA-256 of the manufacturer's certificate that it claimed itself with, or null.</summary>
    public Digest? BirthThumbprint { get; init; }

    /// <summary>When it first showed a certificate of ours, or null: until then it is not in the field.</summary>
    public DateTimeOffset? SeenAt { get; init; }

    /// <summary>When it was last noted that somebody else seems to use its identity, or null.</summary>
    public DateTimeOffset? CloneSuspectedAt { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its state or attributes changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}
