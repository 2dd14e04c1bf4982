namespace Provisioning.Core.Devices.Import;

/// <summary>A row of an import as it came: nothing of it is judged yet.</summary>
public sealed record RegistrationRow
{
    /// <summary>The line of the file that it begins on, from 1.</summary>
    public required long Line { get; init; }

    /// <summary>What is wrong with the row itself, for people; then nothing else in it counts. Null for a row that can be read.</summary>
    public string? Unreadable { get; init; }

    /// <summary>The device ID, or null.</summary>
    public string? DeviceId { get; init; }

    /// <summary>The enrollment group, or null for the default one.</summary>
    public string? Group { get; init; }

    /// <summary>SHA-256 of the expected SubjectPublicKeyInfo in hexadecimal, or null.</summary>
    public string? KeyThumbprint { get; init; }

    /// <summary>The expected SubjectPublicKeyInfo itself in base64, or null.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The batch of claim certificates, or null.</summary>
    public string? ClaimBatch { get; init; }

    /// <summary>The attributes; empty when none.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
}
