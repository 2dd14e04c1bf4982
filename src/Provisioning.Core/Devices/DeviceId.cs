using System.Buffers;

namespace Provisioning.Core.Devices;

/// <summary>
/// The name of a device, unique in the service: 1 to 64 of <c>A-Z a-z 0-9 . _ - :</c>, starting with a letter or digit.
/// ASCII only, so that no two IDs look the same, and nothing that a path, a spreadsheet, SQL or LDAP would read as its own
/// (64 is the upper bound of a common name, RFC 5280 appendix A.1).
/// </summary>
public readonly record struct DeviceId
{
    /// <summary>The longest ID, in characters.</summary>
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:");

    private readonly string? _value;

    private DeviceId(string value) => _value = value;

    /// <summary>The ID as text.</summary>
    public string Value => _value ?? throw new InvalidOperationException("A device ID that was never set.");

    /// <summary>Checks and takes an ID. It is compared as it stands: case matters, nothing is trimmed.</summary>
    /// <param name="text">What the caller sent.</param>
    /// <param name="deviceId">The ID.</param>
    /// <returns>False when it is not of the form above.</returns>
    public static bool TryParse(string? text, out DeviceId deviceId)
    {
        var good = text is { Length: > 0 and <= MaxLength }
            && char.IsAsciiLetterOrDigit(text[0])
            && text.AsSpan().IndexOfAnyExcept(Allowed) < 0;
        deviceId = good ? new DeviceId(text!) : default;
        return good;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
