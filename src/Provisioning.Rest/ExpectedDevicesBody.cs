using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest;

/// <summary>Devices that a claim batch may claim.</summary>
internal sealed record ExpectedDevicesBody
{
    /// <summary>The devices, 1 to 1000.</summary>
    public required IReadOnlyList<ExpectedDeviceBody> Devices { get; init; }
}

/// <summary>A device that is expected.</summary>
internal sealed record ExpectedDeviceBody
{
    /// <summary>Its ID.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>The SHA-256 of the only SubjectPublicKeyInfo that may claim it, 64 hexadecimal digits; leave it out for any key.</summary>
    public string? KeyThumbprint { get; init; }

    /// <summary>What is to be kept with the device: at most 16 short texts.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    internal Outcome<ExpectedDevice> ToDevice()
    {
        if (!Core.Devices.DeviceId.TryParse(DeviceId, out var id)) return DeviceEndpoints.BadDeviceId;
        Digest key = default;
        if (KeyThumbprint is not null && !Digest.TryParse(KeyThumbprint, out key))
            return new Refusal(RefusalCode.BadCredential, "A key thumbprint is the SHA-256 of the SubjectPublicKeyInfo, 64 hexadecimal digits.");

        // The runtime holds properties to their nullability, but not the values of a dictionary.
        return Attributes?.Values.Any(value => value is null) == true
            ? new Refusal(RefusalCode.BadAttributes, "The value of an attribute is a text.")
            : new ExpectedDevice(id) { Key = KeyThumbprint is null ? null : key, Attributes = Attributes };
    }
}
