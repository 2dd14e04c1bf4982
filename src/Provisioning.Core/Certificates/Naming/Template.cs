using System.Text;

namespace Provisioning.Core.Certificates.Naming;

/// <summary>
/// A text with <c>${deviceId}</c> (or <c>${holder}</c>, which says the same of principals), <c>${group}</c> and
/// <c>${attribute:NAME}</c> in it. Taken apart once, when its profile is made.
/// </summary>
internal sealed class Template
{
    /// <summary>The longest text of a template, in characters.</summary>
    internal const int MaxLength = 512;

    private const string AttributePrefix = "attribute:";
    private readonly IReadOnlyList<TemplatePart> _parts;

    private Template(string text, IReadOnlyList<TemplatePart> parts)
    {
        Text = text;
        _parts = parts;
        Variables = [.. parts.Where(part => part is not TemplatePart.Literal)];
        Attribute = parts.OfType<TemplatePart.Attribute>().FirstOrDefault()?.Name;
        MadeFrom = Variables.Count == 0
            ? "the profile alone"
            : string.Join(" and ", Variables.Select(part => part.Description).Distinct());
    }

    /// <summary>As it was written.</summary>
    internal string Text { get; }

    /// <summary>What it is made from, without the fixed pieces.</summary>
    internal IReadOnlyList<TemplatePart> Variables { get; }

    /// <summary>The first attribute in it, or null.</summary>
    internal string? Attribute { get; }

    /// <summary>The variables for people, such as <c>the device ID and the attribute 'site'</c>.</summary>
    internal string MadeFrom { get; }

    /// <summary>True when it is one variable and nothing else, which then stands for the whole name.</summary>
    internal bool IsWhole => _parts is [not TemplatePart.Literal];

    /// <summary>Takes a template apart.</summary>
    /// <exception cref="FormatException">It is not one; the message says why.</exception>
    internal static Template Parse(string text)
    {
        if (text.Length is 0 or > MaxLength) throw new FormatException($"a template has 1 to {MaxLength} characters.");
        var parts = new List<TemplatePart>();
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var start = rest.IndexOf("${", StringComparison.Ordinal);
            var literal = start < 0 ? rest : rest[..start];
            if (!literal.IsEmpty) parts.Add(new TemplatePart.Literal(literal.ToString()));
            if (start < 0) break;
            var length = rest[start..].IndexOf('}');
            if (length < 0) throw new FormatException("a '${' is not closed with '}'.");
            parts.Add(ParseVariable(rest.Slice(start + 2, length - 2).ToString()));
            rest = rest[(start + length + 1)..];
        }

        return new Template(text, parts);
    }

    /// <summary>Puts the values in.</summary>
    /// <param name="source">The values.</param>
    /// <param name="form">How a value is written in this place; its result is null for a value that cannot stand there.</param>
    /// <param name="problem">What is wrong, when the result is null: a sentence without the value.</param>
    /// <param name="isMissing">True when a value is not there at all.</param>
    internal string? Expand(NameSource source, Func<string, string?>? form, out string problem, out bool isMissing)
    {
        (problem, isMissing) = ("", false);
        if (_parts.Count == 1) return ValueOf(_parts[0], source, form, out problem, out isMissing);
        var text = new StringBuilder(64);
        foreach (var part in _parts)
        {
            if (ValueOf(part, source, form, out problem, out isMissing) is not { } value) return null;
            text.Append(value);
        }

        return text.ToString();
    }

    private static string? ValueOf(
        TemplatePart part, NameSource source, Func<string, string?>? form, out string problem, out bool isMissing)
    {
        (problem, isMissing) = ("", false);
        var value = part.ValueIn(source);
        if (value is null)
        {
            (problem, isMissing) = ($"{part.Description} is missing", true);
            return null;
        }

        if (form is null || part is TemplatePart.Literal) return value;
        var written = form(value);
        if (written is null) problem = $"{part.Description} holds a character that cannot stand there";
        return written;
    }

    private static TemplatePart ParseVariable(string name)
    {
        if (name is "deviceId" or "holder") return new TemplatePart.Holder();
        if (name == "group") return new TemplatePart.Group();
        if (name.StartsWith(AttributePrefix, StringComparison.Ordinal) && IsAttributeName(name.AsSpan(AttributePrefix.Length)))
            return new TemplatePart.Attribute(name[AttributePrefix.Length..]);
        throw new FormatException("the variables are ${deviceId}, ${holder}, ${group} and ${attribute:NAME}.");
    }

    // As attributes are named (1 to 32 letters, digits, '-', '_' or '.').
    private static bool IsAttributeName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > 32) return false;
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return false;
        return true;
    }
}
