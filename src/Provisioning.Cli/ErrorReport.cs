namespace Provisioning.Cli;

/// <summary>How an error looks with <c>--json</c>.</summary>
internal sealed record ErrorReport(ErrorReport.Content Error)
{
    /// <summary>What a script needs.</summary>
    /// <param name="Code">Stable: the service's, or one of ours.</param>
    /// <param name="Detail">For people.</param>
    /// <param name="ExitCode">As the process ends.</param>
    /// <param name="Status">The HTTP status, when the service has answered.</param>
    internal sealed record Content(string Code, string Detail, int ExitCode, int? Status);
}
