namespace Provisioning.Core.Revocation.Jobs;

/// <summary>What jobs are allowed to do.</summary>
public sealed record RevocationJobOptions
{
    /// <summary>How long a preview can be confirmed.</summary>
    public static readonly TimeSpan OfferLifetime = TimeSpan.FromMinutes(15);

    /// <summary>How long a job waits for a second administrator.</summary>
    public static readonly TimeSpan ApprovalLifetime = TimeSpan.FromDays(7);

    /// <summary>Jobs for more certificates than this need a second administrator; null for none.</summary>
    public long? SecondAdministratorAbove { get; init; }
}
