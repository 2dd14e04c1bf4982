using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Provisioning.Cli.Api;
using Provisioning.Cli.Files;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>tokens</c>: what a device or an installer enrolls with once, or so many times.</summary>
internal static class TokensVerb
{
    private const string Root = "/api/v1/tokens";

    private static readonly string[] States = ["active", "used", "expired", "revoked"];

    private static readonly Argument<string> Id = new("ID") { Description = "The ID of the token: its part in the middle, which is no secret." };

    private static readonly Option<string?> OfGroup = ListOptions.Text("--group", "NAME", "Only of this enrollment group.");

    private static readonly Option<string?> State = ListOptions.Text(
        "--state", "STATE", $"Only in this state: {string.Join(", ", States)}.");

    private static readonly Option<string> Group = new("--group")
    {
        HelpName = "NAME",
        Description = "The enrollment group; it must accept tokens.",
        Required = true,
    };

    private static readonly Option<string?> Device = ListOptions.Text("--device", "ID", "The only device that it enrolls. Default: any.");

    private static readonly Option<string?> Pattern = ListOptions.Text(
        "--pattern", "REGEX", "Or what the whole device ID must match.");

    private static readonly Option<string?> Lot = ListOptions.Text("--lot", "NAME", "The lot whose units it enrolls.");

    private static readonly Option<string?> Key = ListOptions.Text(
        "--key-thumbprint", "SHA256", "The only key that it enrolls: SHA-256 of its SubjectPublicKeyInfo, in hex.");

    private static readonly Option<long?> Uses = ListOptions.Number("--uses", "How many certificates it is good for. Default: 1.");

    private static readonly Option<long?> Count = ListOptions.Number("--count", "How many tokens to make. Default: 1.");

    private static readonly Option<string?> NotAfter = ListOptions.Text(
        "--not-after", "TIME", $"Good until then: {Moments.Form}. Default: for a day.");

    private static readonly Option<string?> Remark = ListOptions.Text("--note", "TEXT", "For people.");

    private static readonly Option<string?> Picture = ListOptions.Text(
        "--qr", "PATH", "Write the QR code for the label to this PNG file; of several tokens, to ID.png in this folder.");

    internal static Command Create(CommandHost host)
    {
        var create = new Command("create", "Makes tokens and prints them, one a line. They can never be read again. Callers: administrators.")
        {
            Group, Device, Pattern, Lot, Key, Uses, Count, NotAfter, Remark, Picture,
        };
        var show = new Command("show", "Shows a token, but for its secret. Callers: administrators.") { Id };
        var revoke = new Command("revoke", "Revokes a token for ever; what was enrolled with it stays. Callers: administrators.") { Id };
        var tokens = new Command("tokens", "Lists enrollment tokens, newest first. Callers: administrators.")
        {
            OfGroup, State, ListOptions.Limit, create, show, revoke,
        };
        State.AcceptsOneOf(States);
        host.Bind(tokens, CallerRole.Administrator, ListAsync);
        host.Bind(create, CallerRole.Administrator, CreateAsync);
        host.Bind(show, CallerRole.Administrator, (run, ct) => ShowAsync(run, client => client.GetAsync<JsonElement>(PathOf(run), ct)));
        host.Bind(revoke, CallerRole.Administrator, (run, ct) => ShowAsync(run, client => client.DeleteAsync<JsonElement>(PathOf(run), ct)));
        return tokens;
    }

    private static async Task ListAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var pages = Lists.PagesAsync(
            client,
            Root,
            [("group", run.Parsed.GetValue(OfGroup)), ("state", run.Parsed.GetValue(State))],
            run.Parsed.GetValue(ListOptions.Limit),
            ct);
        await Listing.WriteAsync<TokenEntry>(
            run,
            pages,
            new Table("ID", "STATE", "GROUP", "FOR", "USED", "UNTIL", "NOTE"),
            token =>
            [
                token.Id, token.State, token.Group, token.DeviceId ?? token.DeviceIdPattern ?? "", $"{token.Used}/{token.Uses}",
                Table.Time(token.ExpiresAt), token.Note ?? "",
            ],
            ct);
    }

    private static async Task CreateAsync(Invocation run, CancellationToken ct)
    {
        var parsed = run.Parsed;
        var picture = parsed.GetValue(Picture);
        var body = new JsonObject { ["group"] = parsed.GetRequiredValue(Group), ["qrCode"] = picture is not null };
        foreach (var (name, option) in ((string, Option<string?>)[])
            [("deviceId", Device), ("deviceIdPattern", Pattern), ("lot", Lot), ("keyThumbprint", Key), ("note", Remark)])
        {
            if (parsed.GetValue(option) is { } value) body[name] = value;
        }

        if (parsed.GetValue(Uses) is { } uses) body["uses"] = uses;
        if (parsed.GetValue(Count) is { } count) body["count"] = count;
        if (parsed.GetValue(NotAfter) is { } time) body["expiresAt"] = Moments.Read(time, "--not-after", run.Time.GetUtcNow());

        // Tokens are told once: what could keep them from being written down is found out before there are any.
        if (picture is not null) MakeRoom(picture, parsed.GetValue(Count) ?? 1);
        using var client = run.Connect();
        var made = await client.PostOnceAsync<JsonObject, TokenList>(Root, body, Advice(parsed.GetRequiredValue(Group)), ct);
        if (run.Settings.Json) await run.Terminal.Out.WriteLineAsync(ApiJson.Write(made with { Items = [.. made.Items.Select(one => one with { QrCode = null })] }));
        else foreach (var token in made.Items) await run.Terminal.Out.WriteLineAsync(token.Token);
        if (picture is not null) WritePictures(picture, made.Items);
    }

    // The service cannot tell the same tokens again: it keeps none that could be used.
    private static string Advice(string group) =>
        "It is not known whether tokens were made. Look with 'provisioning tokens --group " + group + "', which lists the newest first; revoke "
        + "those that nobody has with 'provisioning tokens revoke ID', and then run this again.";

    private static void MakeRoom(string path, long count)
    {
        if (count > 1 && !File.Exists(path)) Directory.CreateDirectory(path);
        else if (count > 1 || Directory.Exists(path) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw FailureException.Usage($"'{path}' cannot be written: one token needs a file in a folder that is there, several a folder of their own.");
    }

    // They are as secret as the tokens.
    private static void WritePictures(string path, IReadOnlyList<TokenEntry> tokens)
    {
        foreach (var token in tokens)
        {
            var file = tokens.Count > 1 ? Path.Combine(path, token.Id + ".png") : path;
            AtomicFile.Write(file, Convert.FromBase64String(token.QrCode!), AtomicFile.OwnerOnly);
        }
    }

    private static async Task ShowAsync(Invocation run, Func<ApiClient, Task<JsonElement>> get)
    {
        using var client = run.Connect();
        var row = await get(client);
        var token = Lists.As<TokenEntry>(row);
        Listing.Show(
            run,
            row,
            token.Id,
            ("state", token.State),
            ("group", token.Group),
            ("lot", token.Lot),
            ("device", token.DeviceId),
            ("pattern", token.DeviceIdPattern),
            ("key", token.KeyThumbprint),
            ("used", $"{token.Used} of {token.Uses}"),
            ("until", Table.Time(token.ExpiresAt)),
            ("note", token.Note));
    }

    private static string PathOf(Invocation run) => $"{Root}/{Uri.EscapeDataString(run.Parsed.GetRequiredValue(Id))}";
}
