using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Provisioning.Core.Groups;

/// <summary>
/// A regular expression for device IDs or serial numbers. It must match the whole text, and does so in time linear in its
/// length: backtracking constructs (back references, lookarounds) are refused, so that no pattern and no ID can stall the service.
/// </summary>
public sealed class IdPattern : IEquatable<IdPattern>
{
    /// <summary>The longest pattern, in characters.</summary>
    public const int MaxLength = 200;

    // To build one costs more than a signature, and the same ones are asked for on every request. Each takes a third of a megabyte once
    // it is built; 300 are kept.
    private static readonly RecentlyUsed<IdPattern> Known = new(150, text => new IdPattern(text));

    private readonly Lazy<Regex> _regex;

    private IdPattern(string text)
    {
        Text = text;
        _regex = new Lazy<Regex>(() => Build(text));
    }

    /// <summary>The pattern as it was given.</summary>
    public string Text { get; }

    /// <summary>Checks and takes a pattern.</summary>
    /// <param name="text">A regular expression without anchors, such as <c>PUMP-[0-9]{6}</c>.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="problem">What is wrong with it, for people.</param>
    /// <returns>False when it is none, is too long, or cannot be matched in linear time.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out IdPattern? pattern, [NotNullWhen(false)] out string? problem)
    {
        (pattern, problem) = (null, null);
        // IDs are nothing else; and PostgreSQL does not keep every character.
        if (text.Length is 0 or > MaxLength || text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            problem = $"A pattern has 1 to {MaxLength} printable ASCII characters.";
            return false;
        }

        try
        {
            var known = Known.Get(text);
            _ = known._regex.Value;
            pattern = known;
            return true;
        }
        catch (RegexParseException error)
        {
            problem = $"The pattern cannot be read at character {error.Offset + 1}.";
            return false;
        }
        catch (NotSupportedException)
        {
            // Thrown for what needs backtracking, and for counts whose automaton would be too large.
            problem = "The pattern cannot be matched in linear time: leave out lookarounds, back references and very large counts.";
            return false;
        }
    }

    /// <summary>Takes a pattern that was checked before it was put on record. It is built when something is first matched with it.</summary>
    /// <param name="text">What is on record.</param>
    /// <returns>The pattern.</returns>
    public static IdPattern OnRecord(string text) => Known.Get(text);

    /// <summary>Matches the whole of a text.</summary>
    /// <param name="text">An ID.</param>
    /// <returns>True when the pattern describes it.</returns>
    public bool IsMatch(string text) => _regex.Value.IsMatch(text);

    /// <inheritdoc/>
    public bool Equals(IdPattern? other) => other?.Text == Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IdPattern);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static Regex Build(string text)
    {
        // Parsed alone first: in the group around it a lone ")" would otherwise find a partner.
        _ = new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        return new Regex($"^(?:{text})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
    }
}
