using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>Which certificates of devices a revocation job concerns: those that all of its conditions fit. At least one is needed.</summary>
internal sealed record RevocationFilterBody
{
    /// <summary>The enrollment group that admitted the certificate.</summary>
    /// <example>pumps</example>
    public string? Group { get; init; }

    /// <summary>The lot that the device was made in.</summary>
    /// <example>WO-2026-0815</example>
    public string? Lot { get; init; }

    /// <summary>
    /// The authority that issued the certificate: one generation of it. <c>issuing</c> is the first one alone, though in groups it stands for the
    /// newest; what the next one has issued is <c>issuing-2</c>, and takes a job of its own. <c>GET authorities</c> lists them.
    /// </summary>
    /// <example>issuing</example>
    public string? Authority { get; init; }

    /// <summary>The profile that it was made from.</summary>
    /// <example>device</example>
    public string? Profile { get; init; }

    /// <summary>Reserved at this time or later, in UTC; it was signed right after that.</summary>
    /// <example>2027-01-01T00:00:00Z</example>
    public string? ReservedFrom { get; init; }

    /// <summary>Reserved before this time, in UTC.</summary>
    /// <example>2027-01-31T00:00:00Z</example>
    public string? ReservedBefore { get; init; }

    /// <summary>IDs of devices, at most 10 000.</summary>
    public IReadOnlyList<string>? Devices { get; init; }

    /// <summary>Serial numbers, hexadecimal, at most 10 000.</summary>
    public IReadOnlyList<string>? SerialNumbers { get; init; }

    internal Problem? FirstNull() =>
        NullValues.First("/filter/devices", Devices) ?? NullValues.First("/filter/serialNumbers", SerialNumbers);

    internal Checked<RevocationFilter> ToFilter()
    {
        var (from, before) = (default(DateTimeOffset), default(DateTimeOffset));
        if (ReservedFrom is { } first && !UtcTime.TryParse(first, out from)) return BadTime("/filter/reservedFrom");
        if (ReservedBefore is { } last && !UtcTime.TryParse(last, out before)) return BadTime("/filter/reservedBefore");
        return new RevocationFilter
        {
            Group = Group,
            Lot = Lot,
            Authority = Authority,
            Profile = Profile,
            ReservedFrom = ReservedFrom is null ? null : from,
            ReservedBefore = ReservedBefore is null ? null : before,
            Devices = Devices,
            SerialNumbers = SerialNumbers,
        };
    }

    private static Problem BadTime(string pointer) =>
        RestErrors.Of(new Refusal(RefusalCode.BadRevocationJob, "It is a time in UTC such as 2027-01-31T00:00:00Z.")) with { Pointer = pointer };
}
