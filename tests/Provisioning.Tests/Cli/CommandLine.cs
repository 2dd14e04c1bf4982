using System.Text.Json;
using Provisioning.Cli;
using Provisioning.Cli.Output;
using Provisioning.Tests.Server;

namespace Provisioning.Tests.Cli;

/// <summary>Runs a command line inside this process, and keeps what it says.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    internal static Task<CommandLine> RunAsync(params string[] arguments) => RunAsync(_ => null, null, arguments);

    /// <summary>Runs it on the service's own machine, with an answer in JSON.</summary>
    internal static Task<CommandLine> RunAsync(TestServer server, params IEnumerable<string> arguments) =>
        RunAsync([.. arguments, "--json", "--url", server.Https.ToString(), "--data", server.Instance.Data.Path]);

    /// <summary>The result.</summary>
    internal JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The exit code, and the code of the error if there is one.</summary>
    internal (int ExitCode, string? Code) End => (ExitCode, Error.Length == 0
        ? null
        : JsonDocument.Parse(Error.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("error").GetProperty("code").GetString());

    /// <param name="environment">The environment variables.</param>
    /// <param name="answer">What a person at the terminal types; null when nobody is there.</param>
    /// <param name="arguments">The command line.</param>
    internal static Task<CommandLine> RunAsync(Func<string, string?> environment, string? answer, params string[] arguments) =>
        RunAsync(environment, answer, TimeProvider.System, arguments);

    /// <param name="time">The clock.</param>
    /// <param name="arguments">The command line.</param>
    internal static Task<CommandLine> RunAsync(TimeProvider time, params string[] arguments) => RunAsync(_ => null, null, time, arguments);

    private static async Task<CommandLine> RunAsync(Func<string, string?> environment, string? answer, TimeProvider time, string[] arguments)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var terminal = new Terminal(output, error, new StringReader(answer ?? ""), answer is not null, IsWatched: false);
        var exitCode = await CommandTree.RunAsync(arguments, terminal, environment, time);
        return new CommandLine(exitCode, output.ToString(), error.ToString());
    }
}
