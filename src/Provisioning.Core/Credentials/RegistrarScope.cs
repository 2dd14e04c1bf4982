using System.Net;
using Provisioning.Core.Devices;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Credentials;

/// <summary>What a registrar is limited to. Null lists mean no limit; an empty list allows nothing.</summary>
public sealed record RegistrarScope
{
    /// <summary>The enrollment groups that it may enroll into.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>The lots that it may enroll for; it must then name one, if there are several.</summary>
    public IReadOnlyList<string>? Lots { get; init; }

    /// <summary>Patterns of which the device ID must match one.</summary>
    public IReadOnlyList<IdPattern>? DeviceIdPatterns { get; init; }

    /// <summary>The networks that it may call from.</summary>
    public IReadOnlyList<IPNetwork>? Networks { get; init; }

    /// <summary>The hours of the day in which it may call, or null for all.</summary>
    public DailyHours? Hours { get; init; }

    /// <summary>How many certificates it may be given on one day (UTC), or null for any number.</summary>
    public int? DailyLimit { get; init; }

    /// <summary>May it revoke and hold certificates in the scope? Each day as many as it may be given.</summary>
    public bool MayRevoke { get; init; }

    /// <summary>The only lot in the scope, which is meant when a request names none; else null.</summary>
    public string? OnlyLot => Lots is [var only] ? only : null;

    /// <summary>May it call from there?</summary>
    /// <param name="address">Where the connection comes from, or null when that is not known: then it may not.</param>
    /// <returns>True when it may.</returns>
    public bool AllowsFrom(IPAddress? address)
    {
        if (Networks is null) return true;
        if (address is null) return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Networks.Any(network => network.Contains(plain));
    }

    /// <summary>May it enroll into this group?</summary>
    /// <param name="group">The group's name.</param>
    /// <returns>True when it may.</returns>
    public bool AllowsGroup(string group) => Groups?.Contains(group) ?? true;

    /// <summary>May it enroll for this lot?</summary>
    /// <param name="lot">The lot's name, or null for none.</param>
    /// <returns>True when it may.</returns>
    public bool AllowsLot(string? lot) => Lots is null || (lot is not null && Lots.Contains(lot));

    /// <summary>May it enroll this device?</summary>
    /// <param name="id">The device.</param>
    /// <returns>True when it may.</returns>
    public bool AllowsDevice(DeviceId id) => DeviceIdPatterns?.Any(pattern => pattern.IsMatch(id.Value)) ?? true;
}
