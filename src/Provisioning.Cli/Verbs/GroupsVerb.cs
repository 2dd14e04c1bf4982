using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>groups</c>: who may enroll what.</summary>
internal static class GroupsVerb
{
    private const string Root = "/api/v1/groups";

    // What a version has beside its definition.
    private static readonly string[] NotDefined = ["name", "version", "updatedAt", "updatedBy"];

    private static readonly Argument<string> Name = new("GROUP") { Description = "The name of the group." };

    private static readonly Option<string?> Definition = ListOptions.Text(
        "--file", "FILE", "The whole definition, JSON as show --json gives it. Options change what is in it.");

    private static readonly (string Field, Option<string?> Option)[] Fields =
    [
        ("description", ListOptions.Text("--description", "TEXT", "For people.")),
        ("authority", ListOptions.Text("--authority", "NAME", "The authority that signs.")),
        ("profile", ListOptions.Text("--profile", "NAME", "The profile of the certificates.")),
        ("deviceIdPattern", ListOptions.Text("--pattern", "REGEX", "What the whole device ID must match.")),
        ("registration", ListOptions.Text("--registration", "WHICH", "open, or preregistered: only devices that are in the registry.")),
        ("approval", ListOptions.Text("--approval", "HOW", "automatic, or manual: an administrator approves each request.")),
        ("onClone", ListOptions.Text("--on-clone", "WHAT", "What becomes of a device whose identity somebody else seems to use.")),
        ("linking", ListOptions.Text("--linking", "HOW", "optional, or required: requests are bound to their TLS session, which only EST over TLS 1.2 can.")),
        ("serverKeys", ListOptions.Text("--server-keys", "HOW", "off, allowed, or encrypted: whether keys are made for its devices, by EST.")),
    ];

    private static readonly Option<bool?> BothCredentials = new("--both-credentials")
    {
        Description = "true: who shows a certificate must have a token, too, and the other way round; only EST has room for both.",
        HelpName = "true|false",
    };

    private static readonly (string Field, Option<string[]> Option)[] ListFields =
    [
        ("credentials", ListOptions.Texts("--credential", "KIND", "A credential that may enroll: registrar, administrator, token, claim or birth.")),
        ("requiredAttributes", ListOptions.Texts("--require", "NAME", "An attribute that a device must have.")),
    ];

    internal static Command Create(CommandHost host)
    {
        var show = new Command("show", "Shows a group. Callers: administrators.") { Name };
        var versions = new Command("versions", "Lists its versions, newest first. Callers: administrators.") { Name };
        var save = new Command("save", "Makes a group, or changes it; what is not named stays as it is. Callers: administrators.") { Name };
        var preview = new Command("preview", "Tells whom such a change would refuse, and changes nothing. Callers: administrators.") { Name };
        foreach (var command in (Command[])[save, preview])
        {
            command.Options.Add(Definition);
            foreach (var (_, option) in Fields) command.Options.Add(option);
            foreach (var (_, option) in ListFields) command.Options.Add(option);
            command.Options.Add(BothCredentials);
        }

        var groups = new Command("groups", "Lists enrollment groups. Callers: administrators.") { show, versions, save, preview };
        host.Bind(groups, CallerRole.Administrator, (run, ct) => ListAsync(run, Root, ct));
        host.Bind(show, CallerRole.Administrator, ShowAsync);
        host.Bind(versions, CallerRole.Administrator, (run, ct) => ListAsync(run, PathOf(run) + "/versions", ct));
        host.Bind(save, CallerRole.Administrator, SaveAsync);
        host.Bind(preview, CallerRole.Administrator, PreviewAsync);
        return groups;
    }

    private static async Task ListAsync(Invocation run, string path, CancellationToken ct)
    {
        using var client = run.Connect();
        await Listing.WriteAsync<GroupEntry>(
            run,
            Lists.WholeAsync(client, path, ct),
            new Table("GROUP", "VERSION", "PROFILE", "PATTERN", "CREDENTIALS", "REGISTRATION", "APPROVAL", "SAVED", "BY"),
            group =>
            [
                group.Name, group.Version.ToString(), group.Profile, group.DeviceIdPattern ?? "", string.Join(' ', group.Credentials),
                group.Registration, group.Approval, Table.Time(group.UpdatedAt), group.UpdatedBy,
            ],
            ct);
    }

    private static async Task ShowAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        Show(run, await client.GetAsync<JsonElement>(PathOf(run), ct));
    }

    private static async Task SaveAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var before = await Versioned.ReadAsync(client, PathOf(run), ct);
        Show(run, await before.WriteAsync(client, PathOf(run), await DefineAsync(run, before, ct), group => group, ct));
    }

    private static async Task PreviewAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var body = await DefineAsync(run, await Versioned.ReadAsync(client, PathOf(run), ct), ct);
        var row = await client.PostAsync<JsonObject, JsonElement>(PathOf(run) + "/preview", body, idempotencyKey: null, ct);
        var preview = Lists.As<GroupPreview>(row);
        Listing.Show(
            run,
            row,
            $"{preview.Refused} of {preview.Devices} devices would be refused. Nothing was changed.",
            [
                .. preview.ByRule.Select(one => (one.Key, (string?)one.Value.ToString())),
                .. preview.Examples.Take(10).Select(one => ("such as", (string?)$"{one.DeviceId} ({one.Rule})")),
            ]);
    }

    private static async Task<JsonObject> DefineAsync(Invocation run, Versioned before, CancellationToken ct)
    {
        var definition = run.Parsed.GetValue(Definition) is { } file ? await JsonFile.ReadAsync(file, ct) : before.Content ?? [];
        foreach (var field in NotDefined) definition.Remove(field);
        foreach (var (field, option) in Fields)
            if (run.Parsed.GetValue(option) is { } value) definition[field] = value;
        foreach (var (field, option) in ListFields)
            if (run.Parsed.GetValue(option) is { Length: > 0 } values) definition[field] = new JsonArray([.. values.Select(one => (JsonNode)one)]);
        if (run.Parsed.GetValue(BothCredentials) is { } both) definition["bothCredentials"] = both;
        return definition;
    }

    private static void Show(Invocation run, JsonElement row)
    {
        var group = Lists.As<GroupEntry>(row);
        Listing.Show(
            run,
            row,
            group.Name,
            ("version", $"{group.Version}, {Table.Time(group.UpdatedAt)}, {group.UpdatedBy}"),
            ("for", group.Description),
            ("authority", group.Authority),
            ("profile", group.Profile),
            ("pattern", group.DeviceIdPattern),
            ("credentials", string.Join(' ', group.Credentials)),
            ("registration", group.Registration),
            ("approval", group.Approval),
            ("attributes", group.RequiredAttributes.Count == 0 ? null : string.Join(' ', group.RequiredAttributes)),
            ("on clone", group.OnClone),
            ("both", group.BothCredentials ? "a certificate and a token together" : null),
            ("linking", group.Linking),
            ("server keys", group.ServerKeys));
    }

    private static string PathOf(Invocation run) => $"{Root}/{Uri.EscapeDataString(run.Parsed.GetRequiredValue(Name))}";
}
