namespace Provisioning.Core.Devices;

/// <summary>What is the same for devices that are announced together.</summary>
/// <param name="Group">Their group.</param>
/// <param name="ClaimBatch">The batch of claim certificates that may claim them, or null for none.</param>
/// <param name="Actor">Who announces them.</param>
/// <param name="At">When.</param>
public sealed record Announcement(string Group, string? ClaimBatch, string Actor, DateTimeOffset At);
