using Provisioning.Cli;
using Provisioning.Cli.Output;

namespace Provisioning.Tests.Cli;

/// <summary>Runs a command line inside this process, and keeps what it says.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    internal static Task<CommandLine> RunAsync(params string[] arguments) => RunAsync(_ => null, null, arguments);

    /// <param name="environment">The environment variables.</param>
    /// <param name="answer">What a person at the terminal types; null when nobody is there.</param>
    /// <param name="arguments">The command line.</param>
    internal static async Task<CommandLine> RunAsync(
        Func<string, string?> environment, string? answer, params string[] arguments)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var terminal = new Terminal(output, error, new StringReader(answer ?? ""), IsInteractive: answer is not null);
        var exitCode = await CommandTree.RunAsync(arguments, terminal, environment, TimeProvider.System);
        return new CommandLine(exitCode, output.ToString(), error.ToString());
    }
}
