using System.CommandLine;
using System.Text;
using Provisioning.Cli.Bulk;
using Provisioning.Cli.Files;
using Provisioning.Cli.Options;

namespace Provisioning.Cli.Verbs;

/// <summary><c>export</c>: the registry as a file.</summary>
internal static class ExportVerb
{
    private static readonly Option<string> Format = new("--format")
    {
        HelpName = "FORMAT",
        Description = "ndjson, one JSON object a line, or csv, in which no cell is a formula to a spreadsheet. Default: ndjson.",
        DefaultValueFactory = _ => "ndjson",
    };

    private static readonly Option<string?> Out = new("--out")
    {
        HelpName = "FILE",
        Description = "The file, which is replaced when the export is complete. Default: standard output.",
    };

    private static readonly Option<string?> Group = new("--group") { HelpName = "NAME", Description = "Only of this enrollment group." };

    private static readonly Option<string?> Lot = new("--lot") { HelpName = "NAME", Description = "Only made in this lot." };

    static ExportVerb() => Format.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string>() is not ("ndjson" or "csv")) result.AddError("--format is ndjson or csv.");
    });

    internal static Command Create(CommandHost host)
    {
        var devices = new Command("devices", "Exports devices in the order of their IDs. Callers: administrators.")
        {
            Format, Out, DevicesVerb.Prefix, DevicesVerb.State, Group, Lot,
        };
        host.Bind(devices, CallerRole.Administrator, RunAsync);
        return new Command("export", "Writes the registry to a file.") { devices };
    }

    private static async Task RunAsync(Invocation run, CancellationToken ct)
    {
        var query = new List<(string, string?)>
        {
            ("format", run.Parsed.GetRequiredValue(Format)),
            ("prefix", run.Parsed.GetValue(DevicesVerb.Prefix)),
            ("state", run.Parsed.GetValue(DevicesVerb.State)),
            ("group", run.Parsed.GetValue(Group)),
            ("lot", run.Parsed.GetValue(Lot)),
        };
        using var progress = run.StartProgress("devices", total: null);
        using var client = run.Connect(progress);
        if (run.Parsed.GetValue(Out) is not { } path)
        {
            await new DeviceExport(client, progress, run.Terminal.Out).RunAsync(query, ct);
            return;
        }

        long devices;
        using (var file = new PendingFile(path, AtomicFile.Readable))
        {
            await using (var writer = new StreamWriter(file.Stream, new UTF8Encoding(false), leaveOpen: true))
                devices = await new DeviceExport(client, progress, writer).RunAsync(query, ct);
            file.Commit();
        }

        progress.Dispose();
        run.Report(new ExportReport(devices, path), output => output.WriteLine($"{devices} devices are in {path}."));
    }
}

/// <summary>What <c>export --json</c> tells when it has written a file.</summary>
internal sealed record ExportReport(long Devices, string File);
