namespace Provisioning.Core.Audit;

/// <summary>A number on record that is not what a count of the rows gives.</summary>
/// <param name="Kind">What it belongs to: <c>Lot</c> or <c>Token</c>.</param>
/// <param name="Name">Which one.</param>
/// <param name="Counter">What is counted, in words.</param>
/// <param name="OnRecord">The number on record.</param>
/// <param name="Counted">What was counted.</param>
public sealed record CounterMismatch(string Kind, string Name, string Counter, long OnRecord, long Counted);
