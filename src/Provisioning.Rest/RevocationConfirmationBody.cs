namespace Provisioning.Rest;

/// <summary>Makes a job of a preview.</summary>
internal sealed record RevocationConfirmationBody
{
    /// <summary>The token of the preview.</summary>
    /// <example>4F1E0C6B2A9D8375E6F1A0B4C9D8E7F6A5B4C3D2E1F0A9B8C7D6E5F4A3B2C1D0</example>
    public required string ConfirmationToken { get; init; }
}
