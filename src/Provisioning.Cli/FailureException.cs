namespace Provisioning.Cli;

/// <summary>The command ends here: with an exit code, a code for programs and a sentence for people.</summary>
internal sealed class FailureException(ExitCode exitCode, string code, string detail, Exception? cause = null)
    : Exception(detail, cause)
{
    /// <summary>How the process ends.</summary>
    internal ExitCode ExitCode { get; } = exitCode;

    /// <summary>The service's stable code, or one of ours; kebab-case.</summary>
    internal string Code { get; } = code;

    /// <summary>The HTTP status, when the service has answered.</summary>
    internal int? Status { get; init; }

    /// <summary>The command line, or a file that it names, cannot be used.</summary>
    internal static FailureException Usage(string detail, Exception? cause = null) =>
        new(ExitCode.Usage, "usage", detail, cause);
}
