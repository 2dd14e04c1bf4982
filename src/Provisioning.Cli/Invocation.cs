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
    internal ApiClient Connect() => ApiClient.Open(Settings, Note, Time);

    /// <summary>The same, beside a progress: what the client has to tell does not run into it.</summary>
    internal ApiClient Connect(Progress progress) => ApiClient.Open(Settings, progress.Note, Time);

    /// <summary>Shows how far the verb is: a bar where somebody watches, and else a line now and then.</summary>
    /// <param name="things">What is counted, in the plural.</param>
    /// <param name="total">How many there are, if that is known.</param>
    internal Progress StartProgress(string things, long? total) => new(
        Terminal.Error, IsProgressShown ? Terminal.IsWatched : null, Note, Time)
    {
        Things = things,
        Total = total,
    };

    /// <summary>Does nothing for a while, and says so.</summary>
    internal Task RestAsync(TimeSpan wait, CancellationToken ct)
    {
        Note($"The first request goes out in {wait.TotalSeconds:0.0} s.");
        return Task.Delay(wait, Time, ct);
    }

    /// <summary>Says something that is neither result nor error, on standard error.</summary>
    internal void Note(string text)
    {
        if (!Settings.Quiet) Terminal.Error.WriteLine(text);
    }

    // Whoever reads JSON from standard error does not look at a terminal.
    private bool IsProgressShown => !Settings.Quiet && (Terminal.IsWatched || !Settings.Json);

    /// <summary>Writes the result: as one line of JSON, or for a person, who may not want to hear it.</summary>
    internal void Report<T>(T result, Action<TextWriter> forPeople)
    {
        if (Settings.Json) Terminal.Out.WriteLine(ApiJson.Write(result));
        else if (!Settings.Quiet) forPeople(Terminal.Out);
    }
}
