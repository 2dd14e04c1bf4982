using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>What is said of one certificate (CertStatus, RFC 6960 §4.2.1). Compared by value.</summary>
/// <param name="Kind">Good, revoked or unknown.</param>
/// <param name="RevokedAt">Since when, in whole seconds; null unless revoked.</param>
/// <param name="Reason">Why; null unless revoked, and for no reason in particular (RFC 5280 §5.3.1: it is then left out).</param>
/// <param name="HasExpired">Its validity has ended: what is said of it comes from the archive (RFC 6960 §4.4.4).</param>
public readonly record struct OcspCertStatus(OcspCertStatusKind Kind, DateTimeOffset? RevokedAt, RevocationReason? Reason, bool HasExpired)
{
    /// <summary>Nothing is known.</summary>
    public static OcspCertStatus Unknown { get; } = new(OcspCertStatusKind.Unknown, null, null, false);

    /// <summary>
    /// What a row says. Good needs a signature on record: a serial number that is only reserved, or was given up, is as unknown as one that
    /// never was.
    /// </summary>
    /// <param name="row">The row, or null.</param>
    /// <param name="now">Now.</param>
    /// <returns>The status.</returns>
    public static OcspCertStatus Of(CertificateStatusRow? row, DateTimeOffset now)
    {
        if (row is not { } found) return Unknown;
        var hasExpired = now > found.NotAfter;
        return found.State switch
        {
            CertificateState.Revoked or CertificateState.Held => new(
                OcspCertStatusKind.Revoked, WholeSeconds(found.RevokedAt), ReasonOf(found), hasExpired),
            CertificateState.Issued or CertificateState.Current or CertificateState.Superseded when found.IsSigned =>
                new(OcspCertStatusKind.Good, null, null, hasExpired),
            _ => Unknown,
        };
    }

    // A row that is damaged is still revoked. RFC 5280 §5.3.1: unspecified is left out.
    private static RevocationReason? ReasonOf(CertificateStatusRow row) =>
        row.State == CertificateState.Held ? RevocationReason.CertificateHold
        : row.Reason is { } reason && Enum.IsDefined(reason) && reason is not (RevocationReason.Unspecified or RevocationReason.CertificateHold) ? reason
        : null;

    private static DateTimeOffset WholeSeconds(DateTimeOffset? at) =>
        DateTimeOffset.FromUnixTimeSeconds((at ?? DateTimeOffset.UnixEpoch).ToUnixTimeSeconds());
}
