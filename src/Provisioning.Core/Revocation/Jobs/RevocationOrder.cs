namespace Provisioning.Core.Revocation.Jobs;

/// <summary>What is to be done to which certificates.</summary>
/// <param name="Kind">What.</param>
/// <param name="Reason">Why, of a revocation; <see cref="RevocationReason.CertificateHold"/> holds. Null of a release.</param>
/// <param name="Filter">To which.</param>
public sealed record RevocationOrder(RevocationJobKind Kind, RevocationReason? Reason, RevocationFilter Filter)
{
    /// <summary>True when certificates are put on hold.</summary>
    public bool Holds => Reason == RevocationReason.CertificateHold;
}
