using Provisioning.Core.Devices;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>An entry of the registry.</summary>
internal sealed record DeviceDocument
{
    /// <summary>Its ID.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>Where it stands.</summary>
    /// <example>active</example>
    [NamesOf(typeof(DeviceState))]
    public required string State { get; init; }

    /// <summary>The enrollment group that it belongs to.</summary>
    /// <example>default</example>
    public required string Group { get; init; }

    /// <summary>The lot that it was made in, or null.</summary>
    public required string? Lot { get; init; }

    /// <summary>What its registrar said of it.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>The batch of claim certificates that may claim it, or null.</summary>
    public required string? ClaimBatch { get; init; }

    /// <summary>SHA-256 of the only public key that may be enrolled for it first, upper-case hex; null for any.</summary>
    public required string? ExpectedKey { get; init; }

    /// <summary>When it first showed a certificate of ours, to the second; null while it is not in the field.</summary>
    public required DateTimeOffset? SeenAt { get; init; }

    /// <summary>When somebody else last seemed to use its identity, to the hour; or null.</summary>
    public required DateTimeOffset? CloneSuspectedAt { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its state or attributes changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    internal static DeviceDocument Of(Device device) => new()
    {
        DeviceId = device.Id.Value,
        State = WireNames.Of(device.State),
        Group = device.Group,
        Lot = device.Lot,
        Attributes = device.Attributes,
        ClaimBatch = device.ClaimBatch,
        ExpectedKey = device.ExpectedKey?.ToString(),
        SeenAt = device.SeenAt,
        CloneSuspectedAt = device.CloneSuspectedAt,
        CreatedAt = device.CreatedAt,
        UpdatedAt = device.UpdatedAt,
    };
}
