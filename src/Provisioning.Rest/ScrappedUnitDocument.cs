using Provisioning.Core.Enrollment;
using Provisioning.Core.Lots;

namespace Provisioning.Rest;

/// <summary>What the report of one scrapped unit did.</summary>
internal sealed record ScrappedUnitDocument
{
    /// <summary>The unit.</summary>
    /// <example>PUMP-000017</example>
    public required string DeviceId { get; init; }

    /// <summary>When it was reported first; null when it was refused.</summary>
    public required DateTimeOffset? ScrappedAt { get; init; }

    /// <summary>How many certificates were revoked now.</summary>
    /// <example>1</example>
    public required int Revoked { get; init; }

    /// <summary>Why nothing was done, as the code of a problem; null when it was.</summary>
    /// <example>null</example>
    public required string? Code { get; init; }

    /// <summary>The same for people.</summary>
    /// <example>null</example>
    public required string? Detail { get; init; }

    internal static ScrappedUnitDocument Of(string deviceId, Outcome<ScrappedUnit> outcome) => outcome.TryGet(out var unit, out var refusal)
        ? new ScrappedUnitDocument { DeviceId = deviceId, ScrappedAt = unit.ScrappedAt, Revoked = unit.Revoked.Count, Code = null, Detail = null }
        : new ScrappedUnitDocument
        {
            DeviceId = deviceId,
            ScrappedAt = null,
            Revoked = 0,
            Code = RestErrors.KindOf(refusal.Code).Code,
            Detail = refusal.Detail,
        };
}
