namespace Provisioning.Rest;

/// <summary>Says that a device has stored its next certificate.</summary>
internal sealed record ConfirmationBody
{
    /// <summary>Its serial number: hexadecimal in either case, with or without colons.</summary>
    /// <example>7A326DAD16B23EBCCF50D2D8E8B84AB7</example>
    public required string SerialNumber { get; init; }
}
