using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Provisioning.Core.Authorities;

namespace Provisioning.Core.Certificates;

/// <summary>
/// The extensions that are the same in all certificates of a profile, encoded once. They go with their profile: when its next version
/// has taken its place and nothing is planned with it any more, they are collected.
/// </summary>
internal static class ConstantExtensions
{
    private static readonly ConditionalWeakTable<Profile, ConcurrentDictionary<(Authority?, PublicAddresses, bool, int), IReadOnlyList<byte[]>>> All = [];

    internal static IReadOnlyList<byte[]> Of(Profile profile, KeyAlgorithm algorithm, Authority? issuer, PublicAddresses addresses, int shard)
    {
        var ofProfile = All.GetValue(profile, static _ => new());
        var key = (issuer, addresses, Profile.IsRsa(algorithm), shard);
        if (ofProfile.TryGetValue(key, out var made)) return made;
        return ofProfile.GetOrAdd(key, CertificateExtensions.Constant(
            profile, key.Item3, issuer?.Name, issuer?.SubjectKeyIdentifier ?? default, addresses, shard));
    }
}
