namespace Provisioning.Rest.Bulk;

/// <summary>A device that is to be in the registry before it is enrolled.</summary>
internal sealed record RegistrationLine
{
    /// <summary>Its ID.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>Its enrollment group; leave it out for the default one.</summary>
    /// <example>default</example>
    public string? Group { get; init; }

    /// <summary>The batch of claim certificates that may claim it.</summary>
    public string? ClaimBatch { get; init; }

    /// <summary>SHA-256 of the only SubjectPublicKeyInfo that may be enrolled for it first, in hexadecimal.</summary>
    public string? KeyThumbprint { get; init; }

    /// <summary>Its attributes, at most 16.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
}
