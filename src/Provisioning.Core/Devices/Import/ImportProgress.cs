namespace Provisioning.Core.Devices.Import;

/// <summary>How far an import is. It survives a crash and goes on from here.</summary>
public sealed record ImportProgress
{
    /// <summary>Names it; chosen by who imports.</summary>
    public required string Id { get; init; }

    /// <summary>Rows that are done, good or bad.</summary>
    public required long Rows { get; init; }

    /// <summary>Devices that were registered.</summary>
    public required long Registered { get; init; }

    /// <summary>Rows that say what is on record already.</summary>
    public required long Unchanged { get; init; }

    /// <summary>Rows that were not taken.</summary>
    public required long Bad { get; init; }

    /// <summary>A hash over everything that is done: what comes again must be the same file.</summary>
    public required Certificates.Digest Content { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it came to the end of its file, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
