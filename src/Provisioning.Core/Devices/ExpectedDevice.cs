using Provisioning.Core.Certificates;

namespace Provisioning.Core.Devices;

/// <summary>A device that somebody announces before it comes.</summary>
/// <param name="Id">Its ID.</param>
public sealed record ExpectedDevice(DeviceId Id)
{
    /// <summary>SHA-256 of the only SubjectPublicKeyInfo that may claim it, or null for any.</summary>
    public Digest? Key { get; init; }

    /// <summary>What is to be kept with it, or null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
}
