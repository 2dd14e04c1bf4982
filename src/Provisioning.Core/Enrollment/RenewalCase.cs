using Provisioning.Core.Devices;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Enrollment;

/// <summary>A device that wants to renew, with what was read for it.</summary>
/// <param name="Caller">The device, as it was identified.</param>
/// <param name="Device">Its row.</param>
/// <param name="Group">Its group, in the newest version.</param>
/// <param name="Window">When the certificate that it showed should be renewed; null for one that need not be.</param>
/// <param name="Now">The time.</param>
internal sealed record RenewalCase(
    Caller.Device Caller, Device Device, EnrollmentGroup Group, RenewalWindow? Window, DateTimeOffset Now);
