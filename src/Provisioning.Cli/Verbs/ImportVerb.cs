using System.CommandLine;
using Provisioning.Cli.Bulk;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>import</c>: devices that are to be in the registry before they are enrolled.</summary>
internal static class ImportVerb
{
    private static readonly Argument<string> List = new("FILE")
    {
        Description = "The devices: comma-separated values, or one JSON object a line.",
    };

    private static readonly Option<string> Id = new("--id")
    {
        HelpName = "NAME",
        Description = "Names the import: 1 to 64 of A-Z a-z 0-9 . _ -. The same name again goes on with it.",
        Required = true,
    };

    internal static Command Create(CommandHost host)
    {
        var command = new Command("import", "Registers devices from a file. Callers: administrators.")
        {
            List, Id, BulkOptions.Problems,
        };
        host.Bind(command, CallerRole.Administrator, RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation run, CancellationToken ct)
    {
        var file = run.Parsed.GetRequiredValue(List);
        if (!File.Exists(file)) throw FailureException.Usage($"There is no file '{file}'.");
        var id = run.Parsed.GetRequiredValue(Id);
        ImportReport report;
        using (var problems = new RowProblems(run.Parsed.GetValue(BulkOptions.Problems)))
        {
            using (var progress = run.StartProgress("devices", await ListFile.CountAsync(file, ct)))
            using (var client = run.Connect(progress))
                report = await new DeviceImport(client, progress, problems, run.Time).RunAsync(id, file, ct);
            if (!run.Settings.Json && !run.Settings.Quiet) problems.Write(run.Terminal.Error);
            report = report with { Problems = problems.First };
        }

        run.Report(report, output => Write(output, report));
        if (report.Bad > 0)
            throw new FailureException(ExitCode.Incomplete, "rows-refused", $"{report.Bad} of {report.Rows} rows were not taken.");
    }

    private static void Write(TextWriter output, ImportReport report)
    {
        output.WriteLine($"{report.ImportId} is done.");
        Table.WriteFields(
            output,
            ("rows", report.Rows.ToString()),
            ("registered", report.Registered.ToString()),
            ("known before", report.Unchanged.ToString()),
            ("not taken", report.Bad.ToString()));
    }
}

/// <summary>What <c>import --json</c> tells.</summary>
internal sealed record ImportReport
{
    public required string ImportId { get; init; }

    public required long Rows { get; init; }

    public required long Registered { get; init; }

    /// <summary>Rows that say what was on record already.</summary>
    public required long Unchanged { get; init; }

    public required long Bad { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>The first rows that were not taken.</summary>
    public IReadOnlyList<RowProblem> Problems { get; init; } = [];
}
