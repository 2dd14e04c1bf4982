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

    /// <summary>What its registrar said of it.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its state or attributes changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    internal static DeviceDocument Of(Device device) => new()
    {
        DeviceId = device.Id.Value,
        State = WireNames.Of(device.State),
        Attributes = device.Attributes,
        CreatedAt = device.CreatedAt,
        UpdatedAt = device.UpdatedAt,
    };
}
