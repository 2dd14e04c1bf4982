using Provisioning.Core.Groups;

namespace Provisioning.Rest;

/// <summary>Whom a definition of a group would refuse, if its devices were enrolled anew. Nothing was changed.</summary>
internal sealed record GroupPreviewDocument
{
    /// <summary>How many devices the group has.</summary>
    public required long Devices { get; init; }

    /// <summary>How many of them would be refused.</summary>
    public required long Refused { get; init; }

    /// <summary>The same, by the rule that refuses first.</summary>
    public required IReadOnlyDictionary<string, long> ByRule { get; init; }

    /// <summary>The first of them, at most 100.</summary>
    public required IReadOnlyList<RefusedDeviceDocument> Examples { get; init; }

    internal static GroupPreviewDocument Of(GroupPreview preview) => new()
    {
        Devices = preview.Devices,
        Refused = preview.Refused,
        ByRule = preview.ByRule,
        Examples = [.. preview.Examples.Select(one => new RefusedDeviceDocument { DeviceId = one.Id.Value, Rule = one.Rule })],
    };
}

/// <summary>A device that would be refused.</summary>
internal sealed record RefusedDeviceDocument
{
    /// <summary>The device.</summary>
    /// <example>pump-0001</example>
    public required string DeviceId { get; init; }

    /// <summary>The rule that refuses it first.</summary>
    /// <example>device-id</example>
    public required string Rule { get; init; }
}
