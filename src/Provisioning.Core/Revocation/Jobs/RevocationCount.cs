using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation.Jobs;

/// <summary>What an order concerns now.</summary>
/// <param name="Certificates">How many certificates.</param>
/// <param name="Groups">How many of them in each enrollment group, by name, the first <see cref="MaxGroups"/>; the empty name is for none.</param>
/// <param name="Samples">Some of them, oldest first, at most <see cref="MaxSamples"/>.</param>
public sealed record RevocationCount(
    long Certificates, IReadOnlyList<KeyValuePair<string, long>> Groups, IReadOnlyList<CertificateRecord> Samples)
{
    /// <summary>The most groups that are told.</summary>
    public const int MaxGroups = 100;

    /// <summary>The most samples.</summary>
    public const int MaxSamples = 10;
}
