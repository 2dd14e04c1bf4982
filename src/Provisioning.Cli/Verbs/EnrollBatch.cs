using System.CommandLine;
using Provisioning.Cli.Bulk;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>enroll --batch</c>: the first certificates of all devices of a list.</summary>
internal static class EnrollBatch
{
    /// <summary>The list; with it, <c>enroll</c> is about many devices.</summary>
    internal static readonly Option<string?> List = new("--batch")
    {
        HelpName = "LIST",
        Description = "Instead of one DEVICE: a list of devices and requests, or a folder of requests.",
    };

    private static readonly Option<string?> Results = new("--results")
    {
        HelpName = "FILE",
        Description = "What became of each unit, one JSON object a line; a run goes on with it. Default: LIST.results.ndjson.",
    };

    private static readonly Option<string?> Certificates = new("--certificates")
    {
        HelpName = "DIR",
        Description = "Write each certificate to DEVICE.pem (of a slot, DEVICE@SLOT.pem) in this folder, instead of into the results.",
    };

    private static readonly Option<bool> RetryRefused = new("--retry-refused")
    {
        Description = "Try the units again that an earlier run had refused.",
    };

    /// <summary>The options that only a batch has.</summary>
    internal static readonly Option[] Options = [Results, Certificates, RetryRefused, BulkOptions.Problems];

    internal static void AddTo(Command enroll)
    {
        enroll.Options.Add(List);
        foreach (var option in Options) enroll.Options.Add(option);
    }

    internal static async Task RunAsync(Invocation run, BatchList list, CancellationToken ct)
    {
        var path = run.Parsed.GetValue(List)!;
        if (!File.Exists(path) && !Directory.Exists(path)) throw FailureException.Usage($"There is no list '{path}'.");
        var file = run.Parsed.GetValue(Results) ?? Path.TrimEndingDirectorySeparator(path) + ".results.ndjson";
        using var problems = new RowProblems(run.Parsed.GetValue(BulkOptions.Problems));
        var (report, failure) = await EnrollAsync(run, list, file, problems, ct);
        if (!run.Settings.Json && !run.Settings.Quiet) problems.Write(run.Terminal.Error);
        run.Report(report, output => Write(output, report));
        if (failure is not null) throw failure;
        if (report.Failed > 0)
        {
            throw new FailureException(
                ExitCode.Failed,
                "units-failed",
                $"The service failed at {report.Failed} units; its log says why. Nothing is kept of those, and the next run asks for them again. "
                + $"{report.Refused} units were refused, {report.Pending} wait for an approval, {report.Bad} rows cannot be read.");
        }

        if (report.Refused + report.Pending + report.Bad > 0)
        {
            throw new FailureException(
                ExitCode.Incomplete,
                "units-refused",
                $"{report.Refused} units were refused, {report.Pending} wait for an approval, {report.Bad} rows cannot be read.");
        }
    }

    private static async Task<(BatchReport Report, FailureException? Failure)> EnrollAsync(
        Invocation run, BatchList list, string file, RowProblems problems, CancellationToken ct)
    {
        var rows = await list.CountAsync(ct);
        using var progress = run.StartProgress("units", rows);
        using var client = run.Connect(progress);
        using var results = await BatchResults.OpenAsync(
            file, run.Parsed.GetValue(Certificates), run.Parsed.GetValue(RetryRefused), ct);
        var enrollment = new BatchEnrollment(client, results, problems, progress);
        try
        {
            var report = await enrollment.RunAsync(list.ReadAsync(ct), ct);
            problems.Commit();
            return (report with { Rows = rows, Results = file }, null);
        }
        catch (FailureException failure)
        {
            // What was done until then is told, too.
            return (enrollment.Report() with { Results = file }, failure);
        }
    }

    private static void Write(TextWriter output, BatchReport report)
    {
        Table.WriteFields(
            output,
            [
                ("issued", report.Issued.ToString()),
                ("refused", report.Refused.ToString()),
                .. report.Refusals.Select(one => ("  " + one.Key, (string?)one.Value.ToString())),
                ("wait for an approval", report.Pending > 0 ? report.Pending.ToString() : null),
                ("failed on the service", report.Failed > 0 ? report.Failed.ToString() : null),
                ("cannot be read", report.Bad > 0 ? report.Bad.ToString() : null),
                ("done before", report.Skipped > 0 ? report.Skipped.ToString() : null),
                ("results", report.Results),
            ]);
    }
}
