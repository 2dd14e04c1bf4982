using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Devices;

/// <summary>Announces devices: to be claimed by a batch, or with the only key that they may come with.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="groups">The groups that there are.</param>
/// <param name="clock">Dates what goes on record.</param>
public sealed class ExpectedDevices(IExpectedDeviceStore store, GroupCatalog groups, ClockGuard clock)
{
    // Short, so that nobody who enrolls meanwhile waits for it.
    private const int InOneTransaction = 100;

    /// <summary>Announces devices. To do it again is safe.</summary>
    /// <param name="group">Their group.</param>
    /// <param name="batch">The batch of claim certificates that may claim them, or null for none.</param>
    /// <param name="expected">The devices.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up between the transactions; those that were done stay.</param>
    /// <returns>For each device, in the same order, what came of it; or <see cref="RefusalCode.UnknownGroup"/>.</returns>
    public async Task<Outcome<IReadOnlyList<Outcome<Expectation>>>> ExpectAsync(
        string group, string? batch, IReadOnlyList<ExpectedDevice> expected, Caller caller, CancellationToken ct)
    {
        if (groups.Find(group)?.Group is not { } found) return new Refusal(RefusalCode.UnknownGroup, "There is no such enrollment group.");
        var results = new Outcome<Expectation>[expected.Count];
        var good = new List<int>();
        for (var i = 0; i < expected.Count; i++)
        {
            if (Judge(found, expected[i]) is { } refusal) results[i] = refusal;
            else good.Add(i);
        }

        foreach (var part in good.Chunk(InOneTransaction))
        {
            var announced = part.Select(i => expected[i]).ToList();
            var done = await store.ExpectAsync(new Announcement(group, batch, caller.Actor, clock.LastBelieved()), announced, ct);
            for (var i = 0; i < part.Length; i++) results[part[i]] = done[i];
        }

        return new Outcome<IReadOnlyList<Outcome<Expectation>>>.Success(results);
    }

    private static Refusal? Judge(EnrollmentGroup group, ExpectedDevice device) =>
        group.DeviceIdPattern?.IsMatch(device.Id.Value) == false
            ? new Refusal(RefusalCode.DeviceIdNotAllowed, $"The group '{group.Name}' enrolls device IDs that match {group.DeviceIdPattern.Text}.")
            : DeviceAttributes.Check(device.Attributes);
}
