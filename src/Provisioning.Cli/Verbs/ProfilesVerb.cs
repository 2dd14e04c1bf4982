using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>profiles</c>: what certificates contain.</summary>
internal static class ProfilesVerb
{
    private const string Root = "/api/v1/profiles";

    private static readonly Argument<string> Name = new("PROFILE") { Description = "The name of the profile." };

    private static readonly Argument<string> Definition = new("FILE") { Description = "The whole definition, JSON as show gives it." };

    private static readonly Option<long?> IfVersion = ListOptions.Number(
        "--if-version", "Only if this is the version that is there still; 0 only to make a new one. Default: whatever is there.");

    internal static Command Create(CommandHost host)
    {
        var show = new Command("show", "Prints the definition of a profile, as save takes it. Callers: administrators.") { Name };
        var versions = new Command("versions", "Lists its versions, newest first. Callers: administrators.") { Name, ListOptions.Limit };
        var save = new Command("save", "Saves a profile from a file; it counts from the next certificate on. Callers: administrators.")
        {
            Name, Definition, IfVersion,
        };
        var profiles = new Command("profiles", "Lists certificate profiles. Callers: administrators.")
        {
            ListOptions.Limit, show, versions, save,
        };
        host.Bind(profiles, CallerRole.Administrator, (run, ct) => ListAsync(run, Root, ct));
        host.Bind(show, CallerRole.Administrator, ShowAsync);
        host.Bind(versions, CallerRole.Administrator, (run, ct) => ListAsync(run, PathOf(run) + "/versions", ct));
        host.Bind(save, CallerRole.Administrator, SaveAsync);
        return profiles;
    }

    private static async Task ListAsync(Invocation run, string path, CancellationToken ct)
    {
        using var client = run.Connect();
        await Listing.WriteAsync<ProfileEntry>(
            run,
            Lists.PagesAsync(client, path, [], run.Parsed.GetValue(ListOptions.Limit), ct),
            new Table("PROFILE", "VERSION", "ORIGIN", "SAVED", "BY", ""),
            profile =>
            [
                profile.Name, profile.Version.ToString(), profile.Origin, Table.Time(profile.At), profile.Actor,
                profile.IsDeleted ? "deleted" : "",
            ],
            ct);
    }

    private static async Task ShowAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var row = await client.GetAsync<JsonElement>(PathOf(run), ct);
        await run.Terminal.Out.WriteLineAsync(
            run.Settings.Json ? row.GetRawText() : ApiJson.WriteIndented(Lists.As<ProfileEntry>(row).Definition));
    }

    private static async Task SaveAsync(Invocation run, CancellationToken ct)
    {
        var definition = await JsonFile.ReadAsync(run.Parsed.GetRequiredValue(Definition), ct);
        using var client = run.Connect();
        var before = run.Parsed.GetValue(IfVersion) is { } version
            ? new Versioned(null, version == 0 ? null : $"\"{version}\"")
            : await Versioned.ReadAsync(client, PathOf(run), ct);
        var row = await before.WriteAsync(client, PathOf(run), definition, profile => profile["definition"] as JsonObject, ct);
        var saved = Lists.As<ProfileEntry>(row);
        Listing.Show(run, row, saved.Name, ("version", $"{saved.Version}, {Table.Time(saved.At)}, {saved.Actor}"));
    }

    private static string PathOf(Invocation run) => $"{Root}/{Uri.EscapeDataString(run.Parsed.GetRequiredValue(Name))}";
}
