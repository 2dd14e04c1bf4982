using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Manifests;

/// <summary>What came of a manifest.</summary>
public sealed record ManifestReport
{
    /// <summary>How many problems are told one by one.</summary>
    public const int MaxProblems = 1000;

    /// <summary>Devices that are in the registry now.</summary>
    public long Registered { get; internal set; }

    /// <summary>Devices that were in the registry, and of which something new is on record.</summary>
    public long Updated { get; internal set; }

    /// <summary>Devices of which all was on record.</summary>
    public long Unchanged { get; internal set; }

    /// <summary>Elements that were refused.</summary>
    public long Refused { get; internal set; }

    /// <summary>The first of them, in the order of the file.</summary>
    public IReadOnlyList<ManifestProblem> Problems => Told;

    internal List<ManifestProblem> Told { get; } = [];
}

/// <summary>An element that was refused.</summary>
/// <param name="Place">The index of the element, from 0.</param>
/// <param name="Refusal">Why.</param>
public sealed record ManifestProblem(long Place, Refusal Refusal);
