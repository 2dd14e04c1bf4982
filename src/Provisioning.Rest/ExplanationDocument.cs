using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What would become of an enrollment, and why.</summary>
internal sealed record ExplanationDocument
{
    /// <summary>
    /// What would come of it. <c>repeated</c>: the certificate that the device has for this key would be given again; <c>pending</c>: it would
    /// wait for an administrator.
    /// </summary>
    /// <example>refused</example>
    [NamesOf(typeof(ExplainedOutcome))]
    public required string Outcome { get; init; }

    /// <summary>Every rule, in the order in which they refuse.</summary>
    public required IReadOnlyList<ExplainedRuleDocument> Rules { get; init; }

    internal static ExplanationDocument Of(Explanation explanation) => new()
    {
        Outcome = WireNames.Of(explanation.Outcome),
        Rules = [.. explanation.Rules.Select(ExplainedRuleDocument.Of)],
    };
}

/// <summary>What a rule says.</summary>
internal sealed record ExplainedRuleDocument
{
    /// <summary>Names the rule; stable.</summary>
    /// <example>device-id</example>
    public required string Rule { get; init; }

    /// <summary>What it asks.</summary>
    /// <example>The device ID matches the group's pattern.</example>
    public required string Title { get; init; }

    /// <summary>True when it is kept; null when it could not be asked, because an earlier one is broken.</summary>
    public required bool? Kept { get; init; }

    /// <summary>The stable code of the refusal, or null.</summary>
    /// <example>device-id-not-allowed</example>
    public required string? Code { get; init; }

    /// <summary>The same for people, or null.</summary>
    public required string? Detail { get; init; }

    internal static ExplainedRuleDocument Of(ExplainedRule rule) => new()
    {
        Rule = rule.Name,
        Title = rule.Title,
        Kept = rule.IsKept,
        Code = rule.Refusal is { } refusal ? RestErrors.KindOf(refusal.Code).Code : null,
        Detail = rule.Refusal?.Detail,
    };
}
