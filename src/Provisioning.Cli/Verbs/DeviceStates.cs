using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary>What is done to one device: <c>devices suspend</c> and its like.</summary>
internal static class DeviceStates
{
    private static readonly Option<string?> Note = ListOptions.Text("--reason", "TEXT", "Why, for the audit.");

    private static readonly Option<string?> Reason = ListOptions.Text(
        "--reason", "REASON", $"Why (RFC 5280 §5.3.1): {string.Join(", ", RevocationOptions.Reasons.SkipLast(1))}. keyCompromise also blocks the key.");

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask." };

    /// <summary>Adds them to <c>devices</c>.</summary>
    internal static void AddTo(Command devices, CommandHost host, Argument<string> device)
    {
        Reason.AcceptsOneOf([.. RevocationOptions.Reasons.SkipLast(1)]);
        Add(new Command("suspend", "It may do nothing, and its certificates are on hold, until it is resumed.") { device, Note }, Post("suspension"));
        Add(new Command("resume", "Ends a suspension, and the holds that came with it.") { device }, Delete("suspension"));
        Add(new Command("quarantine", "It gets no certificate; those that it has stay good.") { device, Note }, Post("quarantine"));
        Add(new Command("release", "Ends a quarantine.") { device }, Delete("quarantine"));
        Add(
            new Command("decommission", "Puts it out of service for ever: its certificates are revoked, its ID is never enrolled again.") { device, Note, Yes },
            Post("decommission", "Put {0} out of service for ever?"));
        Add(new Command("revoke", "Revokes all its certificates; it may be enrolled anew.") { device, Reason, Yes }, RevokeAsync);

        void Add(Command command, Func<Invocation, string, CancellationToken, Task> verb)
        {
            devices.Subcommands.Add(command);
            host.Bind(command, CallerRole.Administrator, (run, ct) => verb(run, run.Parsed.GetRequiredValue(device), ct));
        }
    }

    private static Func<Invocation, string, CancellationToken, Task> Post(string what, string? question = null) => async (run, device, ct) =>
    {
        if (question is not null && !run.Parsed.GetValue(Yes)) await run.Terminal.ConfirmAsync(question.Replace("{0}", device, StringComparison.Ordinal), ct);
        var body = run.Parsed.GetValue(Note) is { } note ? new JsonObject { ["reason"] = note } : [];
        using var client = run.Connect();
        Show(run, await client.PostAsync<JsonObject, JsonElement>(PathOf(device, what), body, idempotencyKey: null, ct));
    };

    private static Func<Invocation, string, CancellationToken, Task> Delete(string what) => async (run, device, ct) =>
    {
        using var client = run.Connect();
        Show(run, await client.DeleteAsync<JsonElement>(PathOf(device, what), ct));
    };

    private static async Task RevokeAsync(Invocation run, string device, CancellationToken ct)
    {
        var reason = run.Parsed.GetValue(Reason) ?? "unspecified";
        if (!run.Parsed.GetValue(Yes)) await run.Terminal.ConfirmAsync($"Revoke all certificates of {device} for ever ({reason})?", ct);
        using var client = run.Connect();
        Show(run, await client.PostAsync<RevocationBody, JsonElement>(PathOf(device, "revocation"), new(reason), idempotencyKey: null, ct));
    }

    private static void Show(Invocation run, JsonElement row)
    {
        var device = Lists.As<DeviceEntry>(row);
        Listing.Show(run, row, device.DeviceId, ("state", device.State), ("changed", Table.Time(device.UpdatedAt)));
    }

    private static string PathOf(string device, string what) => $"/api/v1/devices/{Uri.EscapeDataString(device)}/{what}";
}
