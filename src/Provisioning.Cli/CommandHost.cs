using System.CommandLine;
using System.Security.Cryptography;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli;

/// <summary>Runs verbs: from their options to an exit code, and from whatever goes wrong to a sentence.</summary>
internal sealed class CommandHost(GlobalOptions options, Terminal terminal, TimeProvider time)
{
    /// <summary>Lets a verb run when its command is called.</summary>
    internal void Bind(Command command, CallerRole role, Func<Invocation, CancellationToken, Task> verb) =>
        command.SetAction(async (parsed, ct) =>
        {
            try
            {
                await verb(new Invocation(parsed, options.Read(parsed, role), terminal, time), ct);
                return (int)ExitCode.Success;
            }
            catch (FailureException failure)
            {
                return Report(parsed, failure);
            }
            catch (OperationCanceledException)
            {
                // Ctrl-C. What was begun is finished by the next run.
                const string detail = "Interrupted. Running it again is safe.";
                return Report(parsed, new FailureException(ExitCode.Interrupted, "interrupted", detail));
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                return Report(parsed, new FailureException(ExitCode.Failed, "file", problem.Message, problem));
            }
            catch (CryptographicException problem)
            {
                // A certificate or key that cannot be used, of a kind that no reader has said something better about.
                return Report(parsed, new FailureException(ExitCode.Failed, "cryptography", problem.Message, problem));
            }
        });

    /// <summary>Tells what went wrong, on standard error.</summary>
    /// <returns>The exit code.</returns>
    internal int Report(ParseResult parsed, FailureException failure)
    {
        var exitCode = (int)failure.ExitCode;
        terminal.Error.WriteLine(options.WantsJson(parsed)
            ? ApiJson.Write(new ErrorReport(new(failure.Code, failure.Message, exitCode, failure.Status)))
            : $"{failure.Code}: {failure.Message}");
        return exitCode;
    }
}
