using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Provisioning.Cli.Api;
using Provisioning.Cli.Bulk;
using Provisioning.Cli.Lots;
using Provisioning.Cli.Options;

namespace Provisioning.Cli.Verbs;

/// <summary><c>lots create</c>, <c>change</c> and <c>add</c>: what is ordered.</summary>
internal static class LotOrder
{
    // As many as the service takes at once.
    private const int UnitsAtOnce = 10_000;

    private static readonly Option<string> Group = new("--group")
    {
        HelpName = "NAME",
        Description = "The enrollment group of all units.",
        Required = true,
    };

    private static readonly Option<long?> Quota = ListOptions.Number("--quota", "How many units are ordered.");

    private static readonly Option<string?> Range = ListOptions.Text(
        "--range", "FIRST..LAST", $"The units: {UnitRange.Form}. More than are ordered are spares for scrapped ones.");

    private static readonly Option<string?> Units = ListOptions.Text(
        "--list", "FILE", "Or a list of units (deviceId), as CSV or one JSON object a line.");

    private static readonly Option<string[]> Stations = ListOptions.Texts(
        "--station", "NAME", "A registrar that may enroll for it. Default: any.");

    private static readonly Option<string?> NotBefore = ListOptions.Text(
        "--not-before", "TIME", $"Units are enrolled from then on: {Moments.Form}. Default: now.");

    private static readonly Option<string?> NotAfter = ListOptions.Text("--not-after", "TIME", $"And until then: {Moments.Form}.");

    private static readonly Option<string?> Description = ListOptions.Text("--description", "TEXT", "For people.");

    private static readonly Argument<string> UnitFile = new("FILE")
    {
        Description = "The units (deviceId), as CSV or one JSON object a line.",
    };

    internal static void AddTo(Command lots, CommandHost host)
    {
        var create = new Command("create", "Orders units. Callers: administrators.")
        {
            LotsVerb.Name, Group, Quota, Range, Units, Stations, NotBefore, NotAfter, Description,
        };
        create.Validators.Add(result =>
        {
            if (result.GetValue(Quota) is null || result.GetValue(NotAfter) is null) result.AddError("--quota and --not-after are needed.");
            if (result.GetValue(Range) is not null && result.GetValue(Units) is not null) result.AddError("--range and --list exclude each other.");
        });
        var change = new Command("change", "Changes an order; what is not named stays as it is. Callers: administrators.")
        {
            LotsVerb.Name, Quota, Range, Stations, NotBefore, NotAfter, Description,
        };
        var add = new Command("add", "Puts units on the list of a lot. Callers: administrators.") { LotsVerb.Name, UnitFile };
        lots.Subcommands.Add(create);
        lots.Subcommands.Add(change);
        lots.Subcommands.Add(add);
        host.Bind(create, CallerRole.Administrator, CreateAsync);
        host.Bind(change, CallerRole.Administrator, ChangeAsync);
        host.Bind(add, CallerRole.Administrator, (run, ct) => AddAsync(run, run.Parsed.GetRequiredValue(UnitFile), ct));
    }

    // What of a lot was ordered, as it is sent.
    private static readonly string[] Fields = ["description", "quota", "stations", "opensAt", "closesAt"];

    private static async Task CreateAsync(Invocation run, CancellationToken ct)
    {
        var list = run.Parsed.GetValue(Units);
        var body = new JsonObject
        {
            ["name"] = run.Parsed.GetRequiredValue(LotsVerb.Name),
            ["group"] = run.Parsed.GetRequiredValue(Group),
            ["opensAt"] = Moments.Write(run.Time.GetUtcNow()),
        };
        if (list is not null) body["units"] = new JsonObject { ["list"] = new JsonArray() };
        Apply(run, body);
        using var client = run.Connect();
        var lot = await OpenAsync(client, LotsVerb.PathOf(run), body, ct);
        if (list is null) LotsVerb.Show(run, lot);
        else await AddAsync(run, list, ct);
    }

    private static async Task ChangeAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Connect();
        var path = LotsVerb.PathOf(run);
        var before = await Versioned.ReadAsync(client, path, ct);
        if (before.Content is not { } lot) throw new FailureException(ExitCode.NotFound, "not-found", "There is no such lot.");
        var body = DefinitionOf(lot);
        Apply(run, body);
        LotsVerb.Show(run, await before.WriteAsync(client, path, body, there => Whole(DefinitionOf(there), body), ct));
    }

    private static async Task<JsonElement> OpenAsync(ApiClient client, string path, JsonObject body, CancellationToken ct)
    {
        var request = new WatchedRequest(client, HttpMethod.Post, "/api/v1/lots", body.ToJsonString());
        try
        {
            return await request.SendAsync<JsonElement>(_ => { }, ct);
        }
        catch (FailureException failure) when (failure.Code == "already-exists" && request.IsInDoubt)
        {
            // By an attempt before this one, whose answer was lost; or by somebody else.
            if (await new Versioned(null, null).FindOwnAsync(client, path, body, there => Whole(OrderOf(there), body), ct) is { } own) return own;
            throw;
        }
    }

    private static JsonObject DefinitionOf(JsonObject lot)
    {
        var definition = new JsonObject();
        foreach (var field in Fields)
            if (lot[field] is { } value) definition[field] = value.DeepClone();
        if (lot["range"] is { } range) definition["units"] = new JsonObject { ["range"] = range.DeepClone() };
        return definition;
    }

    // Of a lot all is known that can be ordered: what says more is not what was sent.
    private static JsonObject? Whole(JsonObject there, JsonObject sent) => sent.Says(there) ? there : null;

    private static JsonObject OrderOf(JsonObject lot)
    {
        var order = DefinitionOf(lot);
        foreach (var field in (string[])["name", "group"]) order[field] = lot[field]?.DeepClone();
        if (lot["listed"] is not null) order["units"] = new JsonObject { ["list"] = new JsonArray() };
        return order;
    }

    private static async Task AddAsync(Invocation run, string file, CancellationToken ct)
    {
        using var client = run.Connect();
        JsonElement? lot = null;
        await foreach (var page in UnitRow.PagesAsync(file, UnitsAtOnce, ct))
        {
            var body = new JsonObject { ["list"] = new JsonArray([.. page.Select(unit => (JsonNode)unit.DeviceId)]) };
            lot = await client.PostAsync<JsonObject, JsonElement>(LotsVerb.PathOf(run) + "/units", body, idempotencyKey: null, ct);
        }

        LotsVerb.Show(run, lot ?? await client.GetAsync<JsonElement>(LotsVerb.PathOf(run), ct));
    }

    private static void Apply(Invocation run, JsonObject body)
    {
        var now = run.Time.GetUtcNow();
        if (run.Parsed.GetValue(Quota) is { } quota) body["quota"] = quota;
        if (run.Parsed.GetValue(Description) is { } description) body["description"] = description;
        if (run.Parsed.GetValue(NotBefore) is { } opensAt) body["opensAt"] = Moments.Read(opensAt, "--not-before", now);
        if (run.Parsed.GetValue(NotAfter) is { } closesAt) body["closesAt"] = Moments.Read(closesAt, "--not-after", now);
        if (run.Parsed.GetValue(Stations) is { Length: > 0 } stations) body["stations"] = new JsonArray([.. stations.Select(name => (JsonNode)name)]);
        if (run.Parsed.GetValue(Range) is not { } text) return;
        var range = UnitRange.Read(text);
        body["units"] = new JsonObject
        {
            ["range"] = new JsonObject
            {
                ["prefix"] = range.Prefix,
                ["first"] = range.First,
                ["last"] = range.Last,
                ["width"] = range.Width,
            },
        };
    }
}
