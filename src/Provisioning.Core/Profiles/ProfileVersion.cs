namespace Provisioning.Core.Profiles;

/// <summary>A version of a profile, as it is on record. Versions are kept for ever.</summary>
public sealed record ProfileVersion
{
    /// <summary>The profile's name.</summary>
    public required string Name { get; init; }

    /// <summary>1, 2, 3 …; the highest one counts.</summary>
    public required long Version { get; init; }

    /// <summary>The data, as <see cref="Certificates.ProfileReader.Write"/> gives it.</summary>
    public required string Definition { get; init; }

    /// <summary>Where it came from.</summary>
    public required ProfileOrigin Origin { get; init; }

    /// <summary>True when this version says that the profile is deleted.</summary>
    public required bool IsDeleted { get; init; }

    /// <summary>When it was saved.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who saved it.</summary>
    public required string Actor { get; init; }
}
