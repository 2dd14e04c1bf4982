using System.CommandLine;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli;

/// <summary>One run of one verb.</summary>
/// <param name="Parsed">The command line, for the verb's own options.</param>
/// <param name="Settings">The options that all verbs have.</param>
/// <param name="Terminal">Where to read and write.</param>
/// <param name="Time">The clock.</param>
internal sealed record Invocation(ParseResult Parsed, Settings Settings, Terminal Terminal, TimeProvider Time)
{
    /// <summary>The API, trusting only the CA that was named; the caller owns it.</summary>
    internal ApiClient Connect() => ApiClient.Open(Settings, Terminal.Error, Time);

    /// <summary>Writes the result: as one line of JSON, or for a person, who may not want to hear it.</summary>
    internal void Report<T>(T result, Action<TextWriter> forPeople)
    {
        if (Settings.Json) Terminal.Out.WriteLine(ApiJson.Write(result));
        else if (!Settings.Quiet) forPeople(Terminal.Out);
    }
}
