namespace Provisioning.Core.Certificates.Lint;

/// <summary>One rule that every planned certificate keeps.</summary>
/// <param name="Id">Its stable name.</param>
/// <param name="Citation">Where it comes from.</param>
/// <param name="Holds">True when the certificate keeps it.</param>
internal sealed record LintRule(string Id, string Citation, Func<LintSubject, bool> Holds)
{
    /// <summary>The field of a profile that can break it, or empty.</summary>
    internal string Field { get; init; } = "";
}
