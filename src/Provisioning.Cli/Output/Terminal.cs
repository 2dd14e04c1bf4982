namespace Provisioning.Cli.Output;

/// <summary>Where words come from and go to.</summary>
/// <param name="Out">Standard output: results.</param>
/// <param name="Error">Standard error: everything else.</param>
/// <param name="In">Standard input.</param>
/// <param name="IsInteractive">There is a person who can answer a question.</param>
/// <param name="IsWatched">Standard error is a terminal: a line on it can be written over.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, TextReader In, bool IsInteractive, bool IsWatched)
{
    /// <summary>That of this process.</summary>
    internal static Terminal Open() => new(
        Console.Out,
        Console.Error,
        Console.In,
        IsInteractive: !Console.IsInputRedirected && !Console.IsErrorRedirected,
        IsWatched: !Console.IsErrorRedirected);

    /// <summary>Asks a person; with nobody there, a script has meant what it said.</summary>
    /// <param name="question">What is about to happen.</param>
    /// <param name="ct">Gives up.</param>
    internal async Task ConfirmAsync(string question, CancellationToken ct)
    {
        if (!IsInteractive) return;
        await Error.WriteAsync($"{question} [y/N] ");
        var answer = await In.ReadLineAsync(ct);
        if (answer?.Trim() is not ("y" or "Y" or "yes"))
            throw new FailureException(ExitCode.Failed, "not-confirmed", "Not confirmed; nothing was changed.");
    }
}
