using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.Naming;
using Provisioning.Core.Certificates.Requests;

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
    /// <param name="named">The certificate whose names the request repeats, or null where its names are a wish.</param>
    /// <returns>The refusal, or null when there is none.</returns>
    internal static Refusal? Check(CertificationRequest csr, Profile profile, NameSource source, ReadOnlyMemory<byte>? named = null)
    {
        if (!CertificateNames.Make(profile, source).TryGet(out var granted, out var impossible)) return impossible;
        var names = named is { } certificate ? CheckRepeated(csr, certificate)
            : profile.IgnoresRequestedNames ? null
            : CheckNames(csr, granted, profile, source);
        return names ?? CheckUsages(csr, profile);
    }

    // RFC 7030 §4.2.2: both MUST be identical to those of the certificate. DEPARTURE: a request without alternative names is taken, because
    // most clients have no way to write the kinds that devices get.
    private static Refusal? CheckRepeated(CertificationRequest csr, ReadOnlyMemory<byte> certificate)
    {
        var held = CertificateNamesReader.Read(certificate);
        if (!csr.Subject.SequenceEqual(held.Subject))
            return new Refusal(RefusalCode.IdentityMismatch, "The subject in the request is not that of the certificate that is renewed.");
        return csr.AlternativeNames.Count == 0 || csr.AlternativeNames.SequenceEqual(held.AlternativeNames)
            ? null
            : new Refusal(
                RefusalCode.IdentityMismatch,
                "The alternative names in the request are not those of the certificate that is renewed. Repeat them, in their order, or leave them out.");
    }

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
