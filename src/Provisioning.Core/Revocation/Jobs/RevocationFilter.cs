using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Revocation.Jobs;

/// <summary>Which certificates of devices a job concerns: those that all of its conditions fit. Null is no condition.</summary>
public sealed record RevocationFilter
{
    /// <summary>The most devices, and the most serial numbers.</summary>
    public const int MaxListed = 10_000;

    /// <summary>The enrollment group that admitted the certificate.</summary>
    public string? Group { get; init; }

    /// <summary>The lot that the device was made in.</summary>
    public string? Lot { get; init; }

    /// <summary>The authority that issued the certificate: one generation, by its name in paths.</summary>
    public string? Authority { get; init; }

    /// <summary>The profile that it was made from.</summary>
    public string? Profile { get; init; }

    /// <summary>Reserved at this time or later; it was signed right after that.</summary>
    public DateTimeOffset? ReservedFrom { get; init; }

    /// <summary>Reserved before this time.</summary>
    public DateTimeOffset? ReservedBefore { get; init; }

    /// <summary>IDs of devices.</summary>
    public IReadOnlyList<string>? Devices { get; init; }

    /// <summary>Serial numbers, as <see cref="SerialNumber"/> writes them once it was checked.</summary>
    public IReadOnlyList<string>? SerialNumbers { get; init; }

    /// <summary>Of a release: the job whose holds are released; there is no other condition then.</summary>
    public string? Job { get; init; }

    private bool HasCondition =>
        Group is not null || Lot is not null || Authority is not null || Profile is not null || ReservedFrom is not null
        || ReservedBefore is not null || Devices is not null || SerialNumbers is not null;

    /// <summary>Judges it.</summary>
    /// <param name="kind">What is to be done.</param>
    /// <returns>The filter with its lists in the one spelling, each entry once; or <see cref="RefusalCode.BadRevocationJob"/>.</returns>
    public Outcome<RevocationFilter> Check(RevocationJobKind kind)
    {
        if (kind == RevocationJobKind.Release)
            return HasCondition || Job is not { Length: 32 } ? Bad("releases", "Name the job whose holds are to be released, and no other condition.") : this;

        // Without any, it would be all devices there are, by an oversight.
        if (!HasCondition || Job is not null) return Bad("filter", "Name at least one condition.");
        foreach (var (field, name) in new[] { ("group", Group), ("lot", Lot), ("authority", Authority), ("profile", Profile) })
            if (name is not null && !ResourceName.IsValid(name)) return Bad("filter/" + field, ResourceName.Rule);
        if (ReservedFrom >= ReservedBefore) return Bad("filter/reservedBefore", "It is after reservedFrom.");
        if (!ReadDevices().TryGet(out var devices, out var refusal) || !ReadSerialNumbers().TryGet(out var serials, out refusal)) return refusal;
        return this with { Devices = Devices is null ? null : devices, SerialNumbers = SerialNumbers is null ? null : serials };
    }

    private Outcome<List<string>> ReadDevices()
    {
        var all = new List<string>();
        if (CheckLength("devices", Devices) is { } refusal) return refusal;
        for (var i = 0; i < Devices?.Count; i++)
        {
            if (!DeviceId.TryParse(Devices[i], out var id)) return Bad($"filter/devices/{i}", "This is not the ID of a device.");
            all.Add(id.Value);
        }

        return all.Distinct().ToList();
    }

    private Outcome<List<string>> ReadSerialNumbers()
    {
        var all = new List<string>();
        if (CheckLength("serialNumbers", SerialNumbers) is { } refusal) return refusal;
        for (var i = 0; i < SerialNumbers?.Count; i++)
        {
            if (!SerialNumber.TryParse(SerialNumbers[i], out var serial))
                return Bad($"filter/serialNumbers/{i}", "A serial number is hexadecimal, with or without colons, never decimal.");
            all.Add(serial.ToString());
        }

        return all.Distinct().ToList();
    }

    private static Refusal? CheckLength(string field, IReadOnlyList<string>? list) =>
        list is { Count: 0 or > MaxListed } ? Bad("filter/" + field, $"List 1 to {MaxListed}.") : null;

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadRevocationJob, detail) { Field = "/" + field };
}
