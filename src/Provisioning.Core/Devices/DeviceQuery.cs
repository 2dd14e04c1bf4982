using Provisioning.Core.Certificates;

namespace Provisioning.Core.Devices;

/// <summary>Which devices to list, in the order of their IDs (by octet).</summary>
public sealed record DeviceQuery
{
    /// <summary>IDs that start so, or null.</summary>
    public string? Prefix { get; init; }

    /// <summary>In this state only, or null.</summary>
    public DeviceState? State { get; init; }

    /// <summary>In this enrollment group only, or null.</summary>
    public string? Group { get; init; }

    /// <summary>Made in this lot only, or null.</summary>
    public string? Lot { get; init; }

    /// <summary>Rows a page, 1 to 500.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The cursor that the page before gave, or null for the first.</summary>
    public Cursor? Cursor { get; init; }
}
