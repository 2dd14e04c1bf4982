namespace Provisioning.Core.Enrollment;

/// <summary>What would become of an enrollment, and why. Nothing was changed to find out.</summary>
/// <param name="Outcome">What would happen.</param>
/// <param name="Rules">Every rule in the order in which they refuse, with what it says.</param>
public sealed record Explanation(ExplainedOutcome Outcome, IReadOnlyList<ExplainedRule> Rules);

/// <summary>What would become of an enrollment.</summary>
public enum ExplainedOutcome
{
    /// <summary>A certificate would be issued.</summary>
    Issued,

    /// <summary>The certificate that the device has for this key would be given again.</summary>
    Repeated,

    /// <summary>It would wait for an administrator, or waits already: all other rules are kept.</summary>
    Pending,

    /// <summary>It would be refused, for the first rule that is broken.</summary>
    Refused,
}

/// <summary>What a rule says.</summary>
/// <param name="Name">Names the rule; stable.</param>
/// <param name="Title">What it asks.</param>
/// <param name="IsKept">True when it is kept; false when it is broken; null when it could not be asked because an earlier one is broken.</param>
/// <param name="Refusal">Why it is broken, or null.</param>
public sealed record ExplainedRule(string Name, string Title, bool? IsKept, Refusal? Refusal = null);
