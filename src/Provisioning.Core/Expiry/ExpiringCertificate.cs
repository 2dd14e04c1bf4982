using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Expiry;

/// <summary>A certificate that a device uses, and that ends.</summary>
/// <param name="Certificate">The certificate; <see cref="CertificateState.Current"/>.</param>
/// <param name="IsRenewed">It has a successor that the device has not shown yet.</param>
/// <param name="IsNoted">It is on record that the device is late with it.</param>
public sealed record ExpiringCertificate(CertificateRecord Certificate, bool IsRenewed, bool IsNoted)
{
    /// <summary>Judges it.</summary>
    /// <param name="window">When the device should renew it; null for never.</param>
    /// <param name="now">The time.</param>
    /// <param name="silentFor">Who was not seen for so long is unlikely to come; null when that is no sign, as with devices that call only to renew.</param>
    /// <returns>What is to be expected.</returns>
    public Outlook Judge(RenewalWindow? window, DateTimeOffset now, TimeSpan? silentFor)
    {
        if (IsRenewed) return Outlook.Renewed;
        if (Certificate.LastSeenAt is not { } seen || seen + silentFor < now) return Outlook.Unlikely;
        if (window is not { } due || now < due.Before) return Outlook.Expected;
        return seen < due.After ? Outlook.Unlikely : Outlook.Late;
    }
}
