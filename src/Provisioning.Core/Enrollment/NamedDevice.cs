using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Which device an enrollment is for, where the protocol has no place to say it: the only one that the credential can enroll; else the one that the
/// request's subject names, by the common name, or without one by the serial number (2.5.4.5, as IEEE 802.1AR has it).
/// </summary>
internal static class NamedDevice
{
    private const string SerialNumber = "550405";

    /// <summary>Finds it. Whether it is one, and may be enrolled, is not asked here.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="certificationRequest">The request, DER, of which nothing is verified yet.</param>
    /// <returns>The device ID as it was written; or the refusal of a request that cannot be read, or names none.</returns>
    internal static Outcome<string> Find(Caller caller, ReadOnlyMemory<byte> certificationRequest)
    {
        if (caller is Caller.Birth birth) return birth.Id.Value;
        if (caller.AnyToken is { DeviceId: { } only }) return only.Value;
        if (!CertificationRequestReader.ReadSubject(certificationRequest).TryGet(out var facts, out var unreadable)) return unreadable;
        var serial = facts.Subject.Where(part => part.Type == SerialNumber).Select(part => part.Value).ToList();
        return (facts.CommonName, serial) switch
        {
            ({ } name, _) => name,
            (null, [var number]) => number,
            _ => new Refusal(RefusalCode.BadDeviceId, "The request does not say which device it is for: make the device ID its common name."),
        };
    }
}
