namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>How OCSP is answered.</summary>
public sealed record OcspOptions
{
    /// <summary>Whether it is answered at all, and its address stands in certificates.</summary>
    public bool IsOn { get; init; } = true;

    /// <summary>
    /// From thisUpdate to nextUpdate, and so how long relying parties and caches between may go on with what they have. Whoever asks this
    /// service hears of a revocation at once, whatever this is. The end of the responder's certificate cuts it.
    /// </summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many signed answers are kept, at most; each takes about 1.5 KB.</summary>
    public int CacheEntries { get; init; } = 20_000;

    /// <summary>Checks what an administrator configured.</summary>
    /// <returns>What is wrong, as a sentence that names the option; null when nothing is.</returns>
    public string? FindProblem() =>
        Validity < TimeSpan.FromMinutes(1) || Validity > TimeSpan.FromDays(7) ? "Validity must be between 1 minute and 7 days."
        : CacheEntries is < 100 or > 10_000_000 ? "CacheEntries must be between 100 and 10000000."
        : null;
}
