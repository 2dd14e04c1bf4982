using System.Text.Json;
using Provisioning.Cli.Api;

namespace Provisioning.Cli.Verbs;

/// <summary>Looks at a revocation job until it is over.</summary>
internal static class RevocationWatch
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    /// <summary>Shows how far it is, and then what became of it.</summary>
    /// <exception cref="FailureException">
    /// It was stopped, or could not change everything, or waits for a second administrator.
    /// </exception>
    internal static async Task RunAsync(Invocation run, RevocationJobEntry job, CancellationToken ct)
    {
        JsonElement row;
        using (var progress = run.StartProgress("certificates", job.Certificates))
        using (var client = run.Connect(progress))
        {
            while (true)
            {
                row = await client.GetAsync<JsonElement>(RevocationsVerb.PathOf(job.Id), ct);
                job = Lists.As<RevocationJobEntry>(row);
                progress.Report(job.Done + job.Failed, job.Failed);
                if (job.State != "running") break;
                await Task.Delay(Look, run.Time, ct);
            }
        }

        RevocationsVerb.Show(run, row);
        if (job.State == "waiting")
            throw new FailureException(ExitCode.Incomplete, "approval-pending", "Another administrator must agree: provisioning revocations approve.");
        if (job.State == "stopped")
            throw new FailureException(ExitCode.Incomplete, "job-stopped", $"{job.StoppedBy} has stopped it after {job.Done} certificates.");
        if (job.Failed > 0)
            throw new FailureException(ExitCode.Incomplete, "certificates-left", $"{job.Failed} certificates could not be changed.");
    }
}
