using System.Collections.Frozen;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Groups;

/// <summary>
/// The policy of one product or line: who may enroll which devices, and what they get. Immutable, sound, and of one version: each
/// certificate remembers the version that admitted it.
/// </summary>
public sealed record EnrollmentGroup
{
    /// <summary>The group of devices and requests that name none. It is made at the first start.</summary>
    public const string DefaultName = "default";

    private const int MaxSlots = 8;
    private const int MaxDescription = 200;

    private static readonly string DurationRule = $"It is not negative, and {RenewalPolicy.Longest.TotalDays} days at most.";

    private EnrollmentGroup()
    {
    }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Counts the definitions, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>As it was written down.</summary>
    public required GroupDefinition Definition { get; init; }

    /// <summary>The device-ID rule, or null for none.</summary>
    public required IdPattern? DeviceIdPattern { get; init; }

    /// <summary>The credentials that may enroll.</summary>
    public required FrozenSet<CredentialKind> Credentials { get; init; }

    /// <summary>Judges a definition by itself: whether its authority and profiles are there, <see cref="GroupService"/> asks.</summary>
    /// <param name="name">The group's name.</param>
    /// <param name="version">The version that it is or would be.</param>
    /// <param name="definition">What was written down.</param>
    /// <returns>The group; or <see cref="RefusalCode.BadGroup"/> with the field that is wrong.</returns>
    public static Outcome<EnrollmentGroup> Create(string name, long version, GroupDefinition definition)
    {
        if (!ResourceName.IsValid(name)) return Bad("name", ResourceName.Rule);
        IdPattern? pattern = null;
        if (definition.DeviceIdPattern is { } text && !IdPattern.TryParse(text, out pattern, out var problem))
            return Bad("deviceIdPattern", problem);
        return CheckFields(definition) is { } bad ? bad : Of(name, version, definition, pattern);
    }

    /// <summary>Takes a group that was judged when it was put on record: rules that came later do not make it unusable.</summary>
    /// <param name="name">The group's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="definition">What is on record.</param>
    /// <returns>The group.</returns>
    public static EnrollmentGroup OnRecord(string name, long version, GroupDefinition definition) =>
        Of(name, version, definition, definition.DeviceIdPattern is { } text ? IdPattern.OnRecord(text) : null);

    /// <summary>Finds a slot.</summary>
    /// <param name="name">Its name, or null for the first.</param>
    /// <returns>The slot, or null when the group has none of that name.</returns>
    public GroupSlot? FindSlot(string? name) =>
        name is null ? Definition.Slots[0] : Definition.Slots.FirstOrDefault(slot => slot.Name == name);

    /// <summary>The profile of certificates in a slot.</summary>
    /// <param name="slot">One of this group's.</param>
    /// <returns>The profile's name.</returns>
    public string ProfileOf(GroupSlot slot) => slot.Profile ?? Definition.Profile;

    private static EnrollmentGroup Of(string name, long version, GroupDefinition definition, IdPattern? pattern) => new()
    {
        Name = name,
        Version = version,
        Definition = definition,
        DeviceIdPattern = pattern,
        Credentials = definition.Credentials.ToFrozenSet(),
    };

    private static Refusal? CheckFields(GroupDefinition definition)
    {
        if (FreeText.Check(definition.Description, MaxDescription) is { } badText) return Bad("description", badText);
        if (definition.Credentials.Count == 0) return Bad("credentials", "At least one kind of credential is needed; else nobody could enroll.");
        if (definition.BothCredentials && !(definition.Credentials.Contains(CredentialKind.Token) && definition.Credentials.Any(kind => kind != CredentialKind.Token)))
            return Bad("bothCredentials", "Both can be shown only where token and a kind of certificate are among the credentials.");
        if (definition.Slots.Count is 0 or > MaxSlots) return Bad("slots", $"A group has 1 to {MaxSlots} slots.");
        for (var i = 0; i < definition.Slots.Count; i++)
        {
            if (!ResourceName.IsValid(definition.Slots[i].Name)) return Bad($"slots/{i}/name", ResourceName.Rule);
            if (definition.Slots.Take(i).Any(other => other.Name == definition.Slots[i].Name)) return Bad($"slots/{i}/name", "Two slots have this name.");
        }

        if (CheckRenewal(definition.Renewal) is { } badRenewal) return badRenewal;
        for (var i = 0; i < definition.RequiredAttributes.Count; i++)
        {
            if (DeviceAttributes.CheckName(definition.RequiredAttributes[i]) is { } problem) return Bad($"requiredAttributes/{i}", problem);
        }

        return definition.RequiredAttributes.Count > DeviceAttributes.MaxCount
            ? Bad("requiredAttributes", $"A device has at most {DeviceAttributes.MaxCount} attributes.")
            : null;
    }

    private static Refusal? CheckRenewal(RenewalPolicy renewal)
    {
        if (!IsDuration(renewal.Overlap, TimeSpan.Zero)) return Bad("renewal/overlap", DurationRule);
        if (!IsDuration(renewal.Grace, TimeSpan.Zero)) return Bad("renewal/grace", DurationRule);
        return renewal.ConfirmWithin is { } within && !IsDuration(within, RenewalPolicy.ShortestConfirmation)
            ? Bad("renewal/confirmWithin", $"It is an hour at least, and {RenewalPolicy.Longest.TotalDays} days at most.")
            : null;
    }

    private static bool IsDuration(TimeSpan duration, TimeSpan shortest) => duration >= shortest && duration <= RenewalPolicy.Longest;

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadGroup, detail) { Field = "/" + field };
}
