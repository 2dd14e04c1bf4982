using Provisioning.Core.Devices;
using Provisioning.Core.Groups;
using Provisioning.Core.Lots;

namespace Provisioning.Core.Enrollment;

/// <summary>An enrollment with everything that its admission is decided on, as it was read.</summary>
internal sealed record EnrollmentCase
{
    internal required Caller Caller { get; init; }

    internal required DeviceId DeviceId { get; init; }

    /// <summary>The device, or null when it is not in the registry.</summary>
    internal required Device? Device { get; init; }

    internal required EnrollmentGroup Group { get; init; }

    internal required GroupSlot Slot { get; init; }

    /// <summary>The lot that it counts for, or null.</summary>
    internal required Lot? Lot { get; init; }

    /// <summary>The attributes that the caller sent; empty when none.</summary>
    internal required IReadOnlyDictionary<string, string> Sent { get; init; }

    /// <summary>
    /// The attributes that the device would have. What is on record stays: a certificate's names are made from it, and a second
    /// request must not rewrite them.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Attributes { get; private init; } = new Dictionary<string, string>();

    /// <summary>True when the caller sent attributes that the device does not have yet.</summary>
    internal bool AddsAttributes => Attributes.Count > (Device?.Attributes.Count ?? 0);

    /// <summary>The same with <see cref="Attributes"/> put together.</summary>
    internal EnrollmentCase Merged()
    {
        if (Device is null || Device.Attributes.Count == 0) return this with { Attributes = Sent };
        if (Sent.Count == 0) return this with { Attributes = Device.Attributes };
        var all = new Dictionary<string, string>(Device.Attributes);
        foreach (var (name, value) in Sent) all.TryAdd(name, value);
        return this with { Attributes = all };
    }
}
