using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>When a certificate should be renewed.</summary>
/// <param name="After">Not worth asking before.</param>
/// <param name="Before">Should have happened by then.</param>
public readonly record struct RenewalWindow(DateTimeOffset After, DateTimeOffset Before)
{
    /// <summary>The window of a certificate, by its profile's parts of the time between issue and notAfter.</summary>
    /// <param name="record">The certificate.</param>
    /// <param name="profile">Its profile.</param>
    /// <returns>The window, in whole seconds; null for a certificate without a well-defined end, which need not be renewed.</returns>
    public static RenewalWindow? Of(CertificateRecord record, Profile profile)
    {
        if (record.NotAfter >= Validity.NoEnd) return null;
        var from = record.ReservedAt;
        var life = record.NotAfter - from;
        return new RenewalWindow(At(profile.RenewAfter), At(profile.RenewBefore));

        DateTimeOffset At(double part) =>
            DateTimeOffset.FromUnixTimeSeconds((from + (life * part)).ToUnixTimeSeconds());
    }
}
