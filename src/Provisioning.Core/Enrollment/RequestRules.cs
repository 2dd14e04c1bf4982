using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Holds a certification request against the permission and the profile. What it names must be what will be granted: a
/// request that asks for more is refused as a whole, because silently dropping a name makes a certificate that the device
/// did not ask for.
/// </summary>
internal static class RequestRules
{
    /// <summary>Judges a request.</summary>
    /// <returns>The refusal, or null when there is none.</returns>
    internal static Refusal? Check(CertificationRequest csr, AuthorizedRequest request, Profile profile) =>
        CheckNames(csr, request, profile) ?? CheckUsages(csr, profile);

    private static Refusal? CheckNames(CertificationRequest csr, AuthorizedRequest request, Profile profile)
    {
        // Other attributes of the subject (organization, country …) are ignored: toolkits fill them in, and they identify nobody here.
        if (csr.CommonName is { } name && name != Names.Expand(profile.CommonName, request.Holder))
        {
            return new Refusal(
                RefusalCode.IdentityMismatch,
                "The common name in the request is not the device ID. Leave the subject empty, or make it the device ID.");
        }

        var granted = Names.Expand(profile.AlternativeNames, request.Holder).ToHashSet();
        return csr.AlternativeNames.All(granted.Contains)
            ? null
            : new Refusal(
                RefusalCode.IdentityMismatch,
                $"The request asks for an alternative name that the profile '{profile.Name}' does not grant this device.");
    }

    private static Refusal? CheckUsages(CertificationRequest csr, Profile profile)
    {
        if (csr.KeyUsage is { } usage && (usage & ~profile.KeyUsage) != 0)
        {
            return new Refusal(
                RefusalCode.ExtensionNotAllowed,
                $"The request asks for a key usage beyond the profile's: {usage & ~profile.KeyUsage}. Leave keyUsage out.");
        }

        return csr.ExtendedKeyUsages.All(profile.ExtendedKeyUsages.Contains)
            ? null
            : new Refusal(
                RefusalCode.ExtensionNotAllowed,
                "The request asks for an extended key usage beyond the profile's. Leave extendedKeyUsage out.");
    }
}
