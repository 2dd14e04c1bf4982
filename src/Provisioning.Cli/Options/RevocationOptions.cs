using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;

namespace Provisioning.Cli.Options;

/// <summary>What a revocation job is to do, from options.</summary>
internal static class RevocationOptions
{
    /// <summary>The reasons that are offered.</summary>
    internal static readonly string[] Reasons =
    [
        "unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn", "certificateHold",
    ];

    private static readonly Option<string?> Reason = ListOptions.Text(
        "--reason", "REASON", $"Why (RFC 5280 §5.3.1): {string.Join(", ", Reasons)}. certificateHold can be released by another job.");

    private static readonly Option<string?> Releases = ListOptions.Text("--releases", "JOB", "Release what this job has put on hold, instead.");

    private static readonly Option<string?> From = ListOptions.Text("--reserved-from", "TIME", $"Issued then or later: {Moments.Form}.");

    private static readonly Option<string?> Before = ListOptions.Text("--reserved-before", "TIME", "Issued before that.");

    private static readonly Option<string[]> Devices = ListOptions.Texts("--device", "ID", "Of this device.");

    private static readonly Option<string?> DeviceFile = ListOptions.Text("--devices", "FILE", "Of the devices of this file, an ID on each line.");

    private static readonly Option<string[]> Serials = ListOptions.Texts("--serial", "SERIAL", "The certificate with this serial number.");

    private static readonly Option<string?> SerialFile = ListOptions.Text("--serials", "FILE", "The serial numbers of this file, one on each line.");

    private static readonly (string Field, Option<string?> Option)[] Conditions =
    [
        ("group", ListOptions.Text("--group", "NAME", "Of this enrollment group.")),
        ("lot", ListOptions.Text("--lot", "NAME", "Of the devices of this lot.")),
        ("authority", ListOptions.Text("--authority", "NAME", "Issued by this authority: one generation. issuing is the first one alone, issuing-2 the next.")),
        ("profile", ListOptions.Text("--profile", "NAME", "Made from this profile.")),
    ];

    static RevocationOptions() => Reason.AcceptsOneOf(Reasons);

    /// <summary>Adds all of them.</summary>
    internal static void AddTo(Command command)
    {
        foreach (var (_, option) in Conditions) command.Options.Add(option);
        Option[] more = [From, Before, Devices, DeviceFile, Serials, SerialFile, Reason, Releases];
        foreach (var option in more) command.Options.Add(option);
        command.Validators.Add(Check);
    }

    /// <summary>Reads what was said, and the files that it names.</summary>
    internal static async Task<JsonObject> ReadAsync(Invocation run, CancellationToken ct)
    {
        if (run.Parsed.GetValue(Releases) is { } job) return new JsonObject { ["releases"] = job };
        var filter = new JsonObject();
        foreach (var (field, option) in Conditions)
            if (run.Parsed.GetValue(option) is { } value) filter[field] = value;
        var now = run.Time.GetUtcNow();
        if (run.Parsed.GetValue(From) is { } from) filter["reservedFrom"] = Moments.Read(from, From.Name, now);
        if (run.Parsed.GetValue(Before) is { } before) filter["reservedBefore"] = Moments.Read(before, Before.Name, now);
        await AddListAsync(filter, "devices", run.Parsed.GetValue(Devices)!, run.Parsed.GetValue(DeviceFile), ct);
        await AddListAsync(filter, "serialNumbers", run.Parsed.GetValue(Serials)!, run.Parsed.GetValue(SerialFile), ct);
        return filter.Count == 0
            ? throw FailureException.Usage("Name at least one condition, such as --group or --devices.")
            : new JsonObject { ["reason"] = run.Parsed.GetValue(Reason) ?? "unspecified", ["filter"] = filter };
    }

    private static async Task AddListAsync(JsonObject filter, string field, string[] named, string? file, CancellationToken ct)
    {
        var all = named.ToList();
        if (file is not null)
        {
            if (!File.Exists(file)) throw FailureException.Usage($"There is no file '{file}'.");
            all.AddRange((await File.ReadAllLinesAsync(file, ct)).Select(line => line.Trim()).Where(line => line.Length > 0));
        }

        // An empty file is not the same as no condition.
        if (all.Count > 0 || file is not null) filter[field] = new JsonArray([.. all.Select(one => (JsonNode)one)]);
    }

    private static void Check(CommandResult result)
    {
        if (result.GetValue(Releases) is null) return;
        Option[] others =
            [Reason, From, Before, Devices, DeviceFile, Serials, SerialFile, .. Conditions.Select(one => one.Option)];
        if (others.Any(option => result.GetResult(option) is { Implicit: false })) result.AddError("--releases stands alone.");
    }
}
