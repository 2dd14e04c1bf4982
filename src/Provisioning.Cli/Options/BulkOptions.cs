using System.CommandLine;

namespace Provisioning.Cli.Options;

/// <summary>Options of the verbs that take a list.</summary>
internal static class BulkOptions
{
    /// <summary>Where the rows go that were not taken.</summary>
    internal static readonly Option<string?> Problems = new("--problems")
    {
        HelpName = "FILE",
        Description = "Write every row that was not taken to this file, with its line, one JSON object a line.",
    };
}
