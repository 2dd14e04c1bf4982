namespace Provisioning.Core.Lots;

/// <summary>A lot with what is counted when it is asked for.</summary>
/// <param name="Lot">The lot.</param>
/// <param name="Activated">Units that have shown their certificates here, and were not scrapped.</param>
public sealed record LotStatus(Lot Lot, long Activated);
