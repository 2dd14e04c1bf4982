using System.Buffers.Binary;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;
using Provisioning.Core.Profiles;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Tells when certificates should be renewed. Devices that were made in one shift do not come back in one hour: each begins at a place
/// of its own in the window of its profile, which follows from its ID and is always the same.
/// </summary>
/// <param name="profiles">Their parts of the time between issue and end.</param>
public sealed class RenewalWindows(ProfileCatalog profiles)
{
    // Devices begin in this part of the window; what is left is for those that have to try again.
    private const double SpreadPart = 0.75;

    /// <summary>The window of a certificate.</summary>
    /// <param name="record">The certificate.</param>
    /// <returns>The window; null for a certificate without a well-defined end, which need not be renewed.</returns>
    public RenewalWindow? Of(CertificateRecord record)
    {
        if (record.NotAfter >= Validity.NoEnd) return null;
        var profile = profiles[record.Profile];
        var from = record.ReservedAt;
        var life = record.NotAfter - from;
        return Spread(record, from + (life * profile.RenewAfter), from + (life * profile.RenewBefore));
    }

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
