using Provisioning.Core.Manifests;

namespace Provisioning.Rest;

/// <summary>What came of a manifest.</summary>
internal sealed record ManifestReportDocument
{
    /// <summary>Devices that are in the registry now.</summary>
    public required long Registered { get; init; }

    /// <summary>Devices that were in the registry, and of which something new is on record.</summary>
    public required long Updated { get; init; }

    /// <summary>Devices of which all was on record.</summary>
    public required long Unchanged { get; init; }

    /// <summary>Elements that were refused.</summary>
    public required long Refused { get; init; }

    /// <summary>The first thousand of those.</summary>
    public required IReadOnlyList<ManifestProblemDocument> Problems { get; init; }

    internal static ManifestReportDocument Of(ManifestReport report) => new()
    {
        Registered = report.Registered,
        Updated = report.Updated,
        Unchanged = report.Unchanged,
        Refused = report.Refused,
        Problems =
        [
            .. report.Problems.Select(problem => new ManifestProblemDocument
            {
                Place = problem.Place,
                Code = RestErrors.KindOf(problem.Refusal.Code).Code,
                Detail = problem.Refusal.Detail,
            }),
        ],
    };
}

/// <summary>An element that was refused.</summary>
internal sealed record ManifestProblemDocument
{
    /// <summary>The index of the element, from 0.</summary>
    public required long Place { get; init; }

    /// <summary>Why, as in problems.</summary>
    public required string Code { get; init; }

    /// <summary>The same for people.</summary>
    public required string Detail { get; init; }
}
