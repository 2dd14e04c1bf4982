namespace Provisioning.Core.Revocation.Jobs;

/// <summary>What an order would do, and what confirms it.</summary>
/// <param name="Count">What it concerns.</param>
/// <param name="ConfirmationToken">Makes a job of exactly this order, once.</param>
/// <param name="ExpiresAt">Until when.</param>
/// <param name="NeedsApproval">True when a second administrator must agree.</param>
public sealed record RevocationPreview(RevocationCount Count, string ConfirmationToken, DateTimeOffset ExpiresAt, bool NeedsApproval);
