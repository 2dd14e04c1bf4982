using System.Buffers.Binary;
using System.Security.Cryptography;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Groups;
using Provisioning.Core.Profiles;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Tells when certificates should be renewed. Devices that were made in one shift do not come back in one hour: each begins at a place
/// of its own in the window of its profile, which follows from its ID and is always the same.
/// </summary>
/// <param name="profiles">Their parts of the time between issue and end.</param>
/// <param name="campaigns">Move the windows of whole groups.</param>
public sealed class RenewalWindows(ProfileCatalog profiles, CampaignCatalog campaigns)
{
    // Devices begin in this part of the window; what is left is for those that have to try again.
    private const double SpreadPart = 0.75;

    /// <summary>The window of a certificate.</summary>
    /// <param name="record">The certificate.</param>
    /// <returns>
    /// The window; null for a certificate without a well-defined end, which need not be renewed unless a campaign says so.
    /// </returns>
    public RenewalWindow? Of(CertificateRecord record)
    {
        var campaign = record.HolderKind == HolderKind.Device ? campaigns.Find(record.Group ?? EnrollmentGroup.DefaultName) : null;
        var outOfTurn = record.ReservedAt < campaign?.StartsAt ? Spread(record, campaign.StartsAt, campaign.EndsAt) : (RenewalWindow?)null;
        if (record.NotAfter >= Validity.NoEnd) return outOfTurn;
        var profile = profiles[record.Profile];
        var from = record.ReservedAt;
        var life = record.NotAfter - from;
        var usual = Spread(record, from + (life * profile.RenewAfter), from + (life * profile.RenewBefore));

        // A campaign makes a device come sooner, never later: least of all after the end of its certificate.
        return outOfTurn is not { } moved ? usual : new RenewalWindow(
            moved.After < usual.After ? moved.After : usual.After,
            moved.Before < usual.Before ? moved.Before : usual.Before);
    }

    /// <summary>As <see cref="Of"/>, for those who look at many: one whose profile never was is a damaged row, and has no window.</summary>
    /// <param name="record">The certificate.</param>
    /// <returns>The window, or null.</returns>
    public RenewalWindow? TryOf(CertificateRecord record) => profiles.IsKnown(record.Profile) ? Of(record) : null;

    /// <summary>Where in a window a device begins.</summary>
    /// <param name="deviceId">The device.</param>
    /// <returns>From 0 to below 1; evenly over all devices.</returns>
    public static double PlaceOf(string deviceId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(deviceId), hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash) / (uint.MaxValue + 1.0);
    }

    private static RenewalWindow Spread(CertificateRecord record, DateTimeOffset after, DateTimeOffset before)
    {
        var place = record.HolderKind == HolderKind.Device ? PlaceOf(record.Holder) * SpreadPart : 0;
        return new RenewalWindow(ToSeconds(after + ((before - after) * place)), ToSeconds(before));
    }

    private static DateTimeOffset ToSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
