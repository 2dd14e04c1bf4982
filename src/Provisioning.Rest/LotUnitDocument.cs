using Provisioning.Core.Lots;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

// For the API's description only: the report of a lot holds the hash of the lines, so that the core writes them.

/// <summary>A unit of a lot, and what became of it.</summary>
internal sealed record LotUnitDocument
{
    /// <summary>The unit.</summary>
    /// <example>PUMP-000001</example>
    public required string DeviceId { get; init; }

    /// <summary>What became of it.</summary>
    /// <example>activated</example>
    [NamesOf(typeof(LotUnitState))]
    public required string State { get; init; }
}
