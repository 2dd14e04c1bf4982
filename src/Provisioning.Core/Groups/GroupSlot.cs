namespace Provisioning.Core.Groups;

/// <summary>A place for one current certificate of a device.</summary>
/// <param name="Name">Unique in the group; the first slot is the one that is meant when a request names none.</param>
/// <param name="Profile">The profile of certificates in this slot, or null for the group's.</param>
public sealed record GroupSlot(string Name, string? Profile = null)
{
    /// <summary>The slot of groups that say nothing about slots.</summary>
    public const string Operational = "operational";
}
