using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Expiry;

/// <summary>A certificate of a forecast.</summary>
/// <param name="Certificate">The certificate, which its device uses.</param>
/// <param name="Window">When the device should renew it; null for never.</param>
/// <param name="Outlook">What is to be expected.</param>
public sealed record ForecastEntry(CertificateRecord Certificate, RenewalWindow? Window, Outlook Outlook);
