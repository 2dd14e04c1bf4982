using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>revocations</c>: many certificates at once, as a job. How far one is shows <see cref="RevocationWatch"/>.</summary>
internal static class RevocationsVerb
{
    internal const string Root = "/api/v1/revocation-jobs";

    internal static readonly Argument<string> Id = new("JOB") { Description = "The ID of the job." };

    private static readonly Argument<string> Token = new("TOKEN") { Description = "The confirmation token that the preview gave." };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask." };

    private static readonly Option<bool> Watch = new("--watch") { Description = "Wait until it is over, and show how far it is." };

    internal static Command Create(CommandHost host)
    {
        var preview = new Command("preview", "Tells what a job would do, changes nothing, and gives the token that confirms it.");
        RevocationOptions.AddTo(preview);
        var confirm = new Command("confirm", "Begins the job that was previewed. The same token again gives the same job.") { Token, Watch, Yes };
        var show = new Command("show", "Shows a job and how far it is.") { Id };
        var watch = new Command("watch", "Shows how far a job is until it is over.") { Id };
        var approve = new Command("approve", "Agrees to a large job of another administrator, which then begins.") { Id, Yes };
        var stop = new Command("stop", "Stops a job. What was revoked stays revoked.") { Id };
        var jobs = new Command("revocations", "Lists revocations of many certificates, newest first. Callers: administrators.")
        {
            ListOptions.Limit, preview, confirm, show, watch, approve, stop,
        };
        host.Bind(jobs, CallerRole.Administrator, ListAsync);
        host.Bind(preview, CallerRole.Administrator, PreviewAsync);
        host.Bind(confirm, CallerRole.Administrator, ConfirmAsync);
        host.Bind(show, CallerRole.Administrator, ShowAsync);
        host.Bind(watch, CallerRole.Administrator, WatchAsync);
        host.Bind(approve, CallerRole.Administrator, ApproveAsync);
        host.Bind(stop, CallerRole.Administrator, StopAsync);
        return jobs;
    }

    /// <summary>Shows a job.</summary>
    internal static void Show(Invocation run, JsonElement row)
    {
        var job = Lists.As<RevocationJobEntry>(row);
        Listing.Show(
            run,
            row,
            job.Id,
            ("state", job.State),
            ("does", job.Reason ?? $"releases what {job.Releases} has put on hold"),
            ("certificates", $"{job.Certificates}, {job.Previewed} when it was previewed"),
            ("done", $"{job.Done}, {job.PerSecond:F0} a second"),
            ("not possible", job.Failed.ToString()),
            ("confirmed", $"{Table.Time(job.CreatedAt)}, {job.CreatedBy}"),
            ("agreed", job.ApprovedAt is null ? null : $"{Table.Time(job.ApprovedAt)}, {job.ApprovedBy}"),
            ("ended", job.EndedAt is null ? null : $"{Table.Time(job.EndedAt)} {job.StoppedBy}".TrimEnd()));
    }

    private static async Task ListAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var pages = Lists.PagesAsync(client, Root, [], run.Parsed.GetValue(ListOptions.Limit), ct);
        await Listing.WriteAsync<RevocationJobEntry>(
            run,
            pages,
            new Table("JOB", "STATE", "REASON", "CERTIFICATES", "DONE", "NOT POSSIBLE", "CONFIRMED", "BY"),
            job =>
            [
                job.Id, job.State, job.Reason ?? job.Action, job.Certificates.ToString(), job.Done.ToString(), job.Failed.ToString(),
                Table.Time(job.CreatedAt), job.CreatedBy,
            ],
            ct);
    }

    private static async Task PreviewAsync(Invocation run, CancellationToken ct)
    {
        var order = await RevocationOptions.ReadAsync(run, ct);
        using var client = run.Connect();
        var row = await client.PostAsync<JsonObject, JsonElement>(Root + "/preview", order, idempotencyKey: null, ct);
        var preview = Lists.As<RevocationPreview>(row);
        Listing.Show(
            run,
            row,
            $"{preview.Certificates} certificates are concerned. Nothing was changed.",
            [
                .. preview.ByGroup.Select(one => ($"in {(one.Key.Length == 0 ? "no group" : one.Key)}", (string?)one.Value.ToString())),
                .. preview.Samples.Select(one => ("such as", (string?)$"{one.SerialNumber} of {one.DeviceId} ({one.State})")),
                ("second", preview.NeedsApproval ? "another administrator must agree" : null),
                ("token", $"{preview.ConfirmationToken}, until {Table.Time(preview.ExpiresAt)}"),
            ]);
    }

    private static async Task ConfirmAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        if (!run.Parsed.GetValue(Yes)) await run.Terminal.ConfirmAsync("Revoke or release what was previewed?", ct);
        var body = new JsonObject { ["confirmationToken"] = run.Parsed.GetRequiredValue(Token) };
        var row = await client.PostAsync<JsonObject, JsonElement>(Root, body, idempotencyKey: null, ct);
        if (run.Parsed.GetValue(Watch)) await RevocationWatch.RunAsync(run, Lists.As<RevocationJobEntry>(row), ct);
        else Show(run, row);
    }

    private static async Task ShowAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        Show(run, await client.GetAsync<JsonElement>(PathOf(run.Parsed.GetRequiredValue(Id)), ct));
    }

    private static async Task WatchAsync(Invocation run, CancellationToken ct)
    {
        RevocationJobEntry job;
        using (var client = run.Connect())
            job = await client.GetAsync<RevocationJobEntry>(PathOf(run.Parsed.GetRequiredValue(Id)), ct);
        await RevocationWatch.RunAsync(run, job, ct);
    }

    private static async Task ApproveAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var path = PathOf(run.Parsed.GetRequiredValue(Id));
        if (!run.Parsed.GetValue(Yes))
        {
            var job = await client.GetAsync<RevocationJobEntry>(path, ct);
            await run.Terminal.ConfirmAsync($"Agree to what {job.CreatedBy} wants: {job.Reason ?? job.Action}, {job.Certificates} certificates?", ct);
        }

        Show(run, await client.PostAsync<JsonObject, JsonElement>(path + "/approval", [], idempotencyKey: null, ct));
    }

    private static async Task StopAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        Show(run, await client.DeleteAsync<JsonElement>(PathOf(run.Parsed.GetRequiredValue(Id)), ct));
    }

    /// <summary>The address of a job.</summary>
    internal static string PathOf(string id) => $"{Root}/{Uri.EscapeDataString(id)}";
}
