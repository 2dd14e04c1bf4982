namespace Provisioning.Core.Devices;

/// <summary>An entry of the registry.</summary>
public sealed record Device
{
    /// <summary>Its ID, unique in the service.</summary>
    public required DeviceId Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required DeviceState State { get; init; }

    /// <summary>What its registrar said of it.</summary>
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its state or attributes changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}
