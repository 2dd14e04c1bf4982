using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Naming;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Groups;

/// <summary>Defines enrollment groups, and tells before a change whom it would refuse.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="catalog">The newest versions.</param>
/// <param name="devices">Whom a change meets.</param>
/// <param name="ca">The profiles that there are.</param>
/// <param name="clock">Dates the changes.</param>
public sealed class GroupService(
    IGroupStore store, GroupCatalog catalog, IDeviceStore devices, CertificateAuthority ca, ClockGuard clock)
{
    /// <summary>How many refused devices a preview names.</summary>
    public const int PreviewExamples = 100;

    /// <summary>Makes the group of those that name none, where it is not there yet.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>When all groups are in the catalog.</returns>
    /// <exception cref="InvalidDataException">A group on record cannot be used any more.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        await catalog.RefreshAsync(ct);
        if (catalog.Find(EnrollmentGroup.DefaultName) is not null) return;
        var made = await DefineAsync(
            EnrollmentGroup.DefaultName,
            new GroupDefinition
            {
                Description = "Devices of which nobody has said anything else.",

                // The first thing that is tried out.
                Renewal = new RenewalPolicy { Early = EarlyRenewal.Allowed },
            },
            0,
            new Caller.Service(),
            ct);
        if (!made.TryGet(out _, out var refusal)) throw new InvalidDataException(refusal.Detail);
    }

    /// <summary>Puts a definition on record: it decides from the next request on, and on requests that are already on their way.</summary>
    /// <param name="name">The group; a new one when there is none of that name.</param>
    /// <param name="definition">What it is to be.</param>
    /// <param name="version">The version that the change was made from (0 for a new group), or null for whichever is newest.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What is on record now, or why it is not.</returns>
    public async Task<Outcome<GroupVersion>> DefineAsync(
        string name, GroupDefinition definition, long? version, Caller caller, CancellationToken ct)
    {
        var newest = catalog.Find(name)?.Group.Version ?? 0;
        if (!Judge(name, (version ?? newest) + 1, definition).TryGet(out var group, out var refusal)) return refusal;
        var saved = await store.SaveGroupAsync(group, caller.Actor, clock.LastBelieved(), ct);
        await catalog.RefreshAsync(ct);
        return saved;
    }

    /// <summary>Tells whom of the devices of a group a definition would refuse, if they were enrolled anew.</summary>
    /// <param name="name">The group, which must be there.</param>
    /// <param name="definition">What it would be.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The exact numbers; or why the definition cannot be used at all.</returns>
    public async Task<Outcome<GroupPreview>> PreviewAsync(string name, GroupDefinition definition, CancellationToken ct)
    {
        if (catalog.Find(name) is not { } current) return new Refusal(RefusalCode.NotFound, "There is no such group.");
        if (!Judge(name, current.Group.Version + 1, definition).TryGet(out var group, out var refusal)) return refusal;
        var (total, refused, byRule, examples) = (0L, 0L, new SortedDictionary<string, long>(StringComparer.Ordinal), new List<RefusedDevice>());
        await foreach (var device in devices.StreamGroupAsync(name, ct))
        {
            total++;
            if (RefuseIn(group, device) is not { } rule) continue;
            refused++;
            byRule[rule] = byRule.GetValueOrDefault(rule) + 1;
            if (examples.Count < PreviewExamples) examples.Add(new RefusedDevice(device.Id, rule));
        }

        return new GroupPreview(total, refused, byRule, examples);
    }

    // The rules that rest on nothing but the device. The names are those of the rules of admission; "names" is what a profile asks for.
    private string? RefuseIn(EnrollmentGroup group, GroupMember device)
    {
        if (group.DeviceIdPattern?.IsMatch(device.Id.Value) == false) return "device-id";
        if (group.Definition.RequiredAttributes.Any(name => !device.Attributes.ContainsKey(name))) return "attributes";
        if (device.Slots.Any(slot => group.FindSlot(slot) is null)) return "slot";

        // One that has no certificate yet would come for the first slot.
        var source = new NameSource(device.Id.Value, group.Name, device.Attributes);
        var slots = device.Slots.Count == 0 ? [group.Definition.Slots[0].Name] : device.Slots;
        return slots.All(slot => CertificateNames.Make(ca.Profiles[group.ProfileOf(group.FindSlot(slot)!)], source).TryGet(out _, out _)) ? null : "names";
    }

    private Outcome<EnrollmentGroup> Judge(string name, long version, GroupDefinition definition)
    {
        if (!EnrollmentGroup.Create(name, version, definition).TryGet(out var group, out var refusal)) return refusal;
        if (definition.Authority != AuthorityDirectory.IssuingName)
            return Bad("authority", $"Devices' certificates are signed by '{AuthorityDirectory.IssuingName}', whose newest generation it is.");
        if (CheckProfile("profile", definition.Profile) is { } badProfile) return badProfile;
        for (var i = 0; i < definition.Slots.Count; i++)
        {
            if (definition.Slots[i].Profile is { } profile && CheckProfile($"slots/{i}/profile", profile) is { } badSlot) return badSlot;
        }

        return group;
    }

    private Refusal? CheckProfile(string field, string name) => ca.Profiles.Find(name) is { } profile
        ? profile.Holder == HolderKind.Device ? null : Bad(field, $"The profile '{name}' is not one for devices.")
        : Bad(field, $"There is no profile '{name}'. GET /api/v1/profiles lists them.");

    private static Refusal Bad(string field, string detail) => new(RefusalCode.BadGroup, detail) { Field = "/" + field };
}
