using Provisioning.Core.Lots;

namespace Provisioning.Rest;

/// <summary>Consecutive device IDs.</summary>
internal sealed record LotRangeDocument
{
    /// <summary>What all IDs start with.</summary>
    /// <example>PUMP-</example>
    public required string Prefix { get; init; }

    /// <summary>The first number.</summary>
    /// <example>1</example>
    public required long First { get; init; }

    /// <summary>The last number.</summary>
    /// <example>10000</example>
    public required long Last { get; init; }

    /// <summary>How many digits the number has, leading zeros included: 1 to 18.</summary>
    /// <example>6</example>
    public required int Width { get; init; }

    internal LotRange ToRange() => new(Prefix, First, Last, Width);

    internal static LotRangeDocument? Of(LotRange? range) => range is null
        ? null
        : new LotRangeDocument { Prefix = range.Prefix, First = range.First, Last = range.Last, Width = range.Width };
}
