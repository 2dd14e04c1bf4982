using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;
using Provisioning.Cli.Verbs;

namespace Provisioning.Cli;

/// <summary>All verbs, and the way from the arguments to one of them.</summary>
internal static class CommandTree
{
    private static readonly TimeSpan PatienceAfterInterrupt = TimeSpan.FromSeconds(2);

    /// <summary>Runs a command line.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    internal static async Task<int> RunAsync(
        string[] args, Terminal terminal, Func<string, string?> environment, TimeProvider time)
    {
        var options = new GlobalOptions(environment);
        var host = new CommandHost(options, terminal, time);

        // No response files: an argument that starts with '@' is meant as it stands.
        var parsed = Create(options, host).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            // The library would print the whole help and end with 1.
            var wrong = string.Join(' ', parsed.Errors.Select(error => error.Message));
            return host.Report(parsed, FailureException.Usage($"{wrong} See 'provisioning {string.Join(' ', (string[])[Path(parsed), "--help"]).TrimStart()}'."));
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = PatienceAfterInterrupt,
        });
    }

    private static RootCommand Create(GlobalOptions options, CommandHost host)
    {
        var root = new RootCommand("Provisioning: certificates for devices, from a service of your own.")
        {
            EnrollVerb.Create(host),
            RenewVerb.Create(host),
            DevicesVerb.Create(host),
            ForecastVerb.Create(host),
            RevokeVerb.Create(host),
            RevocationsVerb.Create(host),
            CampaignsVerb.Create(host),
            ImportVerb.Create(host),
            ExportVerb.Create(host),
            LotsVerb.Create(host),
            TokensVerb.Create(host),
            GroupsVerb.Create(host),
            ProfilesVerb.Create(host),
            CaVerb.Create(host),
        };
        options.AddTo(root);
        HelpText.AddTo(root);
        return root;
    }

    /// <summary>The verb and the verbs below it, as they are typed; empty for the program itself.</summary>
    internal static string Path(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var command = parsed.CommandResult; command is { Command: not RootCommand }; command = command.Parent as CommandResult)
            names.Push(command.Command.Name);
        return string.Join(' ', names);
    }
}
