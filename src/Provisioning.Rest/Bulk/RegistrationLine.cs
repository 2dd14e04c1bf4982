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

    /// <summary>The same, as an export names it.</summary>
    public string? ExpectedKey { get; init; }

    /// <summary>The SubjectPublicKeyInfo itself instead, in base64.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Its attributes, at most 16.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>Not looked at; here so that an export can be imported.</summary>
    public string? State { get; init; }

    /// <summary>Likewise.</summary>
    public string? Lot { get; init; }

    /// <summary>Likewise.</summary>
    public string? SeenAt { get; init; }

    /// <summary>Likewise.</summary>
    public string? CloneSuspectedAt { get; init; }

    /// <summary>Likewise.</summary>
    public string? CreatedAt { get; init; }

    /// <summary>Likewise.</summary>
    public string? UpdatedAt { get; init; }
}
