using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Holds a certification request against the permission and the profile. What it names must be what will be granted: a
/// request that asks for more is refused as a whole, because silently dropping a name makes a certificate that the device
/// did not ask for.
/// </summary>
internal static class RequestRules
{
    /// <summary>Judges a request.</summary>
    /// <param name="csr">The request.</param>
    /// <param name="profile">What is granted.</param>
    /// <param name="source">What the names are made from.</param>
    /// <returns>The refusal, or null when there is none.</returns>
    internal static Refusal? Check(CertificationRequest csr, Profile profile, NameSource source) =>
        CertificateNames.Make(profile, source).TryGet(out var granted, out var impossible)
            ? (profile.IgnoresRequestedNames ? null : CheckNames(csr, granted, profile, source)) ?? CheckUsages(csr, profile)
            : impossible;

    private static Refusal? CheckNames(CertificationRequest csr, CertificateNames granted, Profile profile, NameSource source)
    {
        // Other attributes of the subject (organization, country …) are ignored: toolkits fill them in, and they identify nobody here.
        // Where the profile has no common name, the device ID says nothing else than who is asking anyway.
        if (csr.CommonName is { } name && name != (granted.CommonName ?? source.Holder))
        {
            return new Refusal(
                RefusalCode.IdentityMismatch,
                granted.CommonName is null || granted.CommonName == source.Holder
                    ? "The common name in the request is not the device ID. Leave the subject empty, or make it the device ID."
                    : "The common name in the request is not the one that the profile gives. Leave the subject empty.");
        }

        return csr.AlternativeNames.All(granted.AlternativeNames.Contains)
            ? null
            : new Refusal(
                RefusalCode.IdentityMismatch,
                $"The request asks for an alternative name that the profile '{profile.Name}' does not grant this device.");
    }

    private static Refusal? CheckUsages(CertificationRequest csr, Profile profile)
    {
        // Whoever asks for keyCertSign and gets no such certificate can do no harm with it; who asks for cA is refused by the reader.
        var granted = profile.KeyUsageOf(csr.Key.Algorithm);
        if (!profile.IgnoresRequestedKeyUsage && csr.KeyUsage is { } usage && (usage & ~granted) != 0)
        {
            return new Refusal(
                RefusalCode.ExtensionNotAllowed,
                $"The request asks for a key usage beyond the profile's: {usage & ~granted}. Leave keyUsage out.");
        }

        return csr.ExtendedKeyUsages.All(profile.ExtendedKeyUsages.Contains)
            ? null
            : new Refusal(
                RefusalCode.ExtensionNotAllowed,
                "The request asks for an extended key usage beyond the profile's. Leave extendedKeyUsage out.");
    }
}
