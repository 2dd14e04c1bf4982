using System.CommandLine;
using System.Text.Json;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>devices</c>: what the registry knows.</summary>
internal static class DevicesVerb
{
    private static readonly string[] States = ["registered", "active", "suspended", "quarantined", "decommissioned"];

    private static readonly Dictionary<string, string> None = [];

    private static readonly Argument<string> DeviceId = new("DEVICE") { Description = "The ID of the device." };

    internal static readonly Option<string?> Prefix = new("--prefix")
    {
        HelpName = "TEXT",
        Description = "Only devices whose ID starts so.",
    };

    internal static readonly Option<string?> State = new("--state")
    {
        HelpName = "STATE",
        Description = $"Only devices in this state: {string.Join(", ", States)}.",
    };

    static DevicesVerb() => State.AcceptsOneOf(States);

    internal static Command Create(CommandHost host)
    {
        var show = new Command("show", "Shows one device.") { DeviceId };
        var certificates = new Command("certificates", "Lists its certificates, newest first.") { DeviceId, ListOptions.Limit };
        var history = new Command("history", "Lists what happened to it, newest first.") { DeviceId, ListOptions.Limit };
        var list = new Command("devices", "Lists devices, shows what is known about one, or changes its state. Callers: administrators.")
        {
            Prefix, State, ListOptions.Limit, show, certificates, history,
        };
        host.Bind(list, CallerRole.Administrator, ListAsync);
        host.Bind(show, CallerRole.Administrator, ShowAsync);
        host.Bind(certificates, CallerRole.Administrator, ListCertificatesAsync);
        host.Bind(history, CallerRole.Administrator, ListHistoryAsync);
        DeviceStates.AddTo(list, host, DeviceId);
        return list;
    }

    private static Task ListAsync(Invocation run, CancellationToken ct) => WriteListAsync<DeviceEntry>(
        run,
        "/api/v1/devices",
        [("prefix", run.Parsed.GetValue(Prefix)), ("state", run.Parsed.GetValue(State))],
        new Table("DEVICE", "STATE", "CREATED", "ATTRIBUTES"),
        device => [device.DeviceId, device.State, Table.Time(device.CreatedAt), Attributes(device)],
        ct);

    private static Task ListCertificatesAsync(Invocation run, CancellationToken ct) => WriteListAsync<CertificateEntry>(
        run,
        DevicePath(run) + "/certificates",
        [],
        new Table("SERIAL NUMBER", "STATE", "NOT BEFORE", "NOT AFTER", "REVOKED"),
        one =>
        [
            one.SerialNumber, one.State, Table.Time(one.NotBefore), Table.Time(one.NotAfter),
            $"{Table.Time(one.RevokedAt)} {one.RevocationReason}".Trim(),
        ],
        ct);

    private static Task ListHistoryAsync(Invocation run, CancellationToken ct) => WriteListAsync<HistoryEntry>(
        run,
        DevicePath(run) + "/history",
        [],
        new Table("AT", "ACTOR", "ACTION", "SERIAL NUMBER", "DETAIL"),
        entry => [Table.Time(entry.At), entry.Actor, entry.Action, entry.SerialNumber ?? "", entry.Detail ?? ""],
        ct);

    private static async Task ShowAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var row = await client.GetAsync<JsonElement>(DevicePath(run), ct);
        var device = Lists.As<DeviceEntry>(row);
        Listing.Show(
            run,
            row,
            device.DeviceId,
            [
                ("state", device.State),
                ("created", Table.Time(device.CreatedAt)),
                ("changed", Table.Time(device.UpdatedAt)),
                .. (device.Attributes ?? None).Select(one => (one.Key, (string?)one.Value)),
            ]);
    }

    private static async Task WriteListAsync<T>(
        Invocation run,
        string path,
        IReadOnlyList<(string Name, string? Value)> filters,
        Table table,
        Func<T, string[]> toRow,
        CancellationToken ct)
    {
        using var client = run.Connect();
        var pages = Lists.PagesAsync(client, path, filters, run.Parsed.GetValue(ListOptions.Limit), ct);
        await Listing.WriteAsync(run, pages, table, toRow, ct);
    }

    private static string DevicePath(Invocation run) =>
        "/api/v1/devices/" + Uri.EscapeDataString(run.Parsed.GetRequiredValue(DeviceId));

    private static string Attributes(DeviceEntry device) =>
        string.Join(' ', (device.Attributes ?? None).Select(one => $"{one.Key}={one.Value}"));
}
