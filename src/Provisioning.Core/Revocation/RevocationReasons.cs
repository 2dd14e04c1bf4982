namespace Provisioning.Core.Revocation;

/// <summary>The names of the reasons as RFC 5280 §5.3.1 spells them.</summary>
public static class RevocationReasons
{
    private static readonly Dictionary<string, RevocationReason> ByText = new(StringComparer.Ordinal)
    {
        ["unspecified"] = RevocationReason.Unspecified,
        ["keyCompromise"] = RevocationReason.KeyCompromise,
        ["cACompromise"] = RevocationReason.CaCompromise,
        ["affiliationChanged"] = RevocationReason.AffiliationChanged,
        ["superseded"] = RevocationReason.Superseded,
        ["cessationOfOperation"] = RevocationReason.CessationOfOperation,
        ["certificateHold"] = RevocationReason.CertificateHold,
        ["privilegeWithdrawn"] = RevocationReason.PrivilegeWithdrawn,
        ["aACompromise"] = RevocationReason.AaCompromise,
    };

    private static readonly Dictionary<RevocationReason, string> ByReason =
        ByText.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>Every name that <see cref="TryParse"/> takes, in the order of the reasons' numbers.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. ByReason.OrderBy(pair => pair.Key).Select(pair => pair.Value)];

    /// <summary>Reads a reason.</summary>
    /// <param name="text">The exact name; neither a number nor another spelling, and not removeFromCRL.</param>
    /// <param name="reason">The reason.</param>
    /// <returns>False when it is none of the names.</returns>
    public static bool TryParse(string? text, out RevocationReason reason) =>
        ByText.TryGetValue(text ?? string.Empty, out reason);

    /// <summary>The name of a reason.</summary>
    /// <param name="reason">One that the enumeration defines.</param>
    /// <returns>As RFC 5280 spells it.</returns>
    public static string ToText(RevocationReason reason) => ByReason[reason];
}
