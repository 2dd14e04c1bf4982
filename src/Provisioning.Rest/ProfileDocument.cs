using System.Text.Json.Serialization;
using Provisioning.Core.Certificates;
using Provisioning.Core.Profiles;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A version of a certificate profile.</summary>
internal sealed record ProfileDocument
{
    /// <summary>Its name.</summary>
    /// <example>mqtt-client</example>
    public required string Name { get; init; }

    /// <summary>The number of the version, also in the header <c>ETag</c>.</summary>
    /// <example>1</example>
    public required long Version { get; init; }

    /// <summary>Where it came from: a file, at a start, or an administrator.</summary>
    /// <example>file</example>
    [NamesOf(typeof(ProfileOrigin))]
    public required string Origin { get; init; }

    /// <summary>True when this version says that the profile is deleted.</summary>
    public required bool IsDeleted { get; init; }

    /// <summary>When it was saved, to the millisecond.</summary>
    [JsonConverter(typeof(UtcMillisecondsConverter))]
    public required DateTimeOffset At { get; init; }

    /// <summary>Who saved it.</summary>
    /// <example>administrator:admin</example>
    public required string Actor { get; init; }

    /// <summary>What a certificate contains.</summary>
    public required ProfileDefinition Definition { get; init; }

    internal static ProfileDocument Of(ProfileVersion version) => new()
    {
        Name = version.Name,
        Version = version.Version,
        Origin = WireNames.Of(version.Origin),
        IsDeleted = version.IsDeleted,
        At = version.At,
        Actor = version.Actor,
        Definition = ProfileReader.Parse(version.Definition),
    };
}
