namespace Provisioning.Rest;

/// <summary>Says why something is done to a device.</summary>
internal sealed record DeviceChangeBody
{
    /// <summary>For people, at most 200 characters; it stands in the device's history.</summary>
    /// <example>Stolen from the site in Linz</example>
    public string? Reason { get; init; }
}
