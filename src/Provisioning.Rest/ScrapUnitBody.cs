using Provisioning.Core.Lots;

namespace Provisioning.Rest;

/// <summary>A unit that was scrapped.</summary>
internal sealed record ScrapUnitBody
{
    /// <summary>The unit.</summary>
    /// <example>PUMP-000017</example>
    public required string DeviceId { get; init; }

    /// <summary>For people, at most 200 characters.</summary>
    /// <example>dead on test bench 2</example>
    public string? Reason { get; init; }

    internal ScrapRequest ToRequest() => new(DeviceId, Reason);
}
