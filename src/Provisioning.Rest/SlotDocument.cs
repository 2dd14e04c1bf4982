namespace Provisioning.Rest;

/// <summary>A place for one current certificate of a device.</summary>
internal sealed record SlotDocument
{
    /// <summary>Its name, unique in the group.</summary>
    /// <example>operational</example>
    public required string Name { get; init; }

    /// <summary>The profile of certificates in this slot; null for the group's.</summary>
    public string? Profile { get; init; }
}
