using System.CommandLine;
using System.CommandLine.Completions;

namespace Provisioning.Cli.Options;

/// <summary>Options with a closed set of values.</summary>
internal static class OptionChoices
{
    /// <summary>Refuses other values with the list of those that there are; completion offers them.</summary>
    internal static void AcceptsOneOf(this Option<string?> option, params string[] values)
    {
        option.CompletionSources.Add(_ => values.Select(value => new CompletionItem(value)));
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } value && !values.Contains(value, StringComparer.Ordinal))
                result.AddError($"'{value}' is none of the values of {option.Name}: {string.Join(", ", values)}.");
        });
    }
}
