using System.CommandLine;

namespace Provisioning.Cli.Options;

/// <summary>Options of the verbs that list something.</summary>
internal static class ListOptions
{
    /// <summary>How many rows.</summary>
    internal static readonly Option<int?> Limit = new("--limit")
    {
        HelpName = "N",
        Description = "At most so many rows. Default: all.",
    };

    static ListOptions() => Limit.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int?>() < 1) result.AddError("--limit is a number from 1.");
    });

    /// <summary>An option that is a text, or not given.</summary>
    internal static Option<string?> Text(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description };

    /// <summary>An option that may be repeated.</summary>
    internal static Option<string[]> Texts(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description + " May be repeated.", DefaultValueFactory = _ => [] };

    /// <summary>An option that is a whole number, or not given.</summary>
    internal static Option<long?> Number(string name, string description) => new(name) { HelpName = "N", Description = description };
}
