namespace Provisioning.Core.Certificates;

/// <summary>What becomes of a certificate whose successor is in use.</summary>
/// <param name="Overlap">How long it still authenticates.</param>
/// <param name="Revokes">True to revoke it then, with the reason superseded.</param>
public readonly record struct Succession(TimeSpan Overlap, bool Revokes)
{
    /// <summary>It is superseded at once, and not revoked.</summary>
    public static Succession Immediate => default;
}
