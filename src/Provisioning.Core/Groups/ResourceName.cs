using System.Buffers;

namespace Provisioning.Core.Groups;

/// <summary>
/// The names that administrators give to groups, lots, batches and the like: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>, starting with a
/// letter or digit. They stand in paths, files and audit entries as they are.
/// </summary>
public static class ResourceName
{
    /// <summary>The longest, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>The rule in words, for refusals.</summary>
    public const string Rule = "A name is 1 to 64 of A-Z a-z 0-9 . _ - and starts with a letter or a digit.";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Checks a name.</summary>
    /// <param name="text">What was sent, or null.</param>
    /// <returns>True when it keeps the rule.</returns>
    public static bool IsValid(string? text) =>
        text is { Length: > 0 and <= MaxLength } && char.IsAsciiLetterOrDigit(text[0]) && text.AsSpan().IndexOfAnyExcept(Allowed) < 0;
}
