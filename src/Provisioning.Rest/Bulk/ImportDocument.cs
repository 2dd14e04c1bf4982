using System.Text.Json.Serialization;
using Provisioning.Core.Devices.Import;

namespace Provisioning.Rest.Bulk;

/// <summary>How far an import of devices is.</summary>
internal sealed record ImportDocument
{
    /// <summary>Its name.</summary>
    /// <example>delivery-2027-03</example>
    public required string ImportId { get; init; }

    /// <summary>Rows that are done, good or bad.</summary>
    public required long Rows { get; init; }

    /// <summary>Devices that were registered.</summary>
    public required long Registered { get; init; }

    /// <summary>Rows that say what was on record already.</summary>
    public required long Unchanged { get; init; }

    /// <summary>Rows that were not taken.</summary>
    public required long Bad { get; init; }

    /// <summary>How many of those are counted only: the first 100 000 are kept, and told one by one.</summary>
    public required long Untold { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it came to the end of its file; null while it has not.</summary>
    public required DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The stable code of why it stopped before its end; absent when it did not. Send the same file again to go on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    internal static ImportDocument Of(ImportProgress progress) => new()
    {
        ImportId = progress.Id,
        Rows = progress.Rows,
        Registered = progress.Registered,
        Unchanged = progress.Unchanged,
        Bad = progress.Bad,
        Untold = Math.Max(0, progress.Bad - IImportStore.MaxProblems),
        StartedAt = progress.StartedAt,
        FinishedAt = progress.FinishedAt,
    };
}

/// <summary>A row of an import that was not taken.</summary>
internal sealed record RowProblemDocument
{
    /// <summary>The line of the file, from 1.</summary>
    /// <example>4711</example>
    public required long Line { get; init; }

    /// <summary>The device ID in it; null when there is none to tell.</summary>
    /// <example>pump-0001</example>
    public required string? DeviceId { get; init; }

    /// <summary>The stable code.</summary>
    /// <example>already-exists</example>
    public required string Code { get; init; }

    /// <summary>The same for people.</summary>
    public required string Detail { get; init; }

    internal static RowProblemDocument Of(RowProblem problem) => new()
    {
        Line = problem.Line,
        DeviceId = problem.DeviceId,
        Code = RestErrors.KindOf(problem.Code).Code,
        Detail = problem.Detail,
    };
}
