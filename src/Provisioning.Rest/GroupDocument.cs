using Provisioning.Core.Groups;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>An enrollment group: who may enroll which devices, and what they get.</summary>
internal sealed record GroupDocument
{
    /// <summary>Its name.</summary>
    /// <example>pumps</example>
    public required string Name { get; init; }

    /// <summary>Counts the definitions, from 1. Each certificate remembers the version that admitted it.</summary>
    public required long Version { get; init; }

    /// <summary>When this version was put on record.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>By whom.</summary>
    /// <example>administrator:admin</example>
    public required string UpdatedBy { get; init; }

    /// <summary>For people.</summary>
    public required string? Description { get; init; }

    /// <summary>The authority that signs: <c>issuing</c>, which is whichever generation of it is the newest.</summary>
    public required string Authority { get; init; }

    /// <summary>The profile of the certificates.</summary>
    public required string Profile { get; init; }

    /// <summary>What the whole device ID must match, or null.</summary>
    public required string? DeviceIdPattern { get; init; }

    /// <summary>The credentials that may enroll.</summary>
    [NamesOf(typeof(CredentialKind))]
    public required IReadOnlyList<string> Credentials { get; init; }

    /// <summary>Which devices.</summary>
    [NamesOf(typeof(Registration))]
    public required string Registration { get; init; }

    /// <summary>Who lets an enrollment happen.</summary>
    [NamesOf(typeof(Approval))]
    public required string Approval { get; init; }

    /// <summary>The places for current certificates of one device.</summary>
    public required IReadOnlyList<SlotDocument> Slots { get; init; }

    /// <summary>Names of attributes that a device must have.</summary>
    public required IReadOnlyList<string> RequiredAttributes { get; init; }

    /// <summary>What becomes of a device whose identity somebody else seems to use.</summary>
    [NamesOf(typeof(CloneReaction))]
    public required string OnClone { get; init; }

    /// <summary>Whether a certificate and a token must be shown together.</summary>
    public required bool BothCredentials { get; init; }

    /// <summary>Whether requests are bound to their TLS session.</summary>
    [NamesOf(typeof(Linking))]
    public required string Linking { get; init; }

    /// <summary>Whether keys are made here for its devices.</summary>
    [NamesOf(typeof(ServerKeys))]
    public required string ServerKeys { get; init; }

    /// <summary>How its devices renew.</summary>
    public required RenewalPolicyDocument Renewal { get; init; }

    internal static GroupDocument Of(GroupVersion version)
    {
        var definition = version.Group.Definition;
        return new GroupDocument
        {
            Name = version.Group.Name,
            Version = version.Group.Version,
            UpdatedAt = version.At,
            UpdatedBy = version.Actor,
            Description = definition.Description,
            Authority = definition.Authority,
            Profile = definition.Profile,
            DeviceIdPattern = definition.DeviceIdPattern,
            Credentials = [.. definition.Credentials.Select(WireNames.Of)],
            Registration = WireNames.Of(definition.Registration),
            Approval = WireNames.Of(definition.Approval),
            Slots = [.. definition.Slots.Select(slot => new SlotDocument { Name = slot.Name, Profile = slot.Profile })],
            RequiredAttributes = definition.RequiredAttributes,
            OnClone = WireNames.Of(definition.OnClone),
            BothCredentials = definition.BothCredentials,
            Linking = WireNames.Of(definition.Linking),
            ServerKeys = WireNames.Of(definition.ServerKeys),
            Renewal = RenewalPolicyDocument.Of(definition.Renewal),
        };
    }
}
