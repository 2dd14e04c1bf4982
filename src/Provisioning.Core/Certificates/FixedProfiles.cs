using System.Collections.Frozen;

namespace Provisioning.Core.Certificates;

/// <summary>The profiles that this service itself issues by, and for whom: they cannot be deleted, and keep their holder.</summary>
public static class FixedProfiles
{
    private static readonly FrozenDictionary<string, HolderKind> Holders = new Dictionary<string, HolderKind>
    {
        ["root"] = HolderKind.Authority,
        ["issuing"] = HolderKind.Authority,
        [Report] = HolderKind.Service,
        [OcspResponder] = HolderKind.Service,
        ["service"] = HolderKind.Service,
        ["registrar"] = HolderKind.Registrar,
        ["administrator"] = HolderKind.Administrator,
        ["claim"] = HolderKind.Claim,
        ["relying-party"] = HolderKind.RelyingParty,
        ["device"] = HolderKind.Device,
    }.ToFrozenDictionary();

    /// <summary>The profile of the key that signs reports.</summary>
    public const string Report = "report";

    /// <summary>The profile of the keys that sign OCSP answers.</summary>
    public const string OcspResponder = "ocsp-responder";

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names => Holders.Keys;

    /// <summary>For whom one of them is.</summary>
    /// <param name="name">The name of a profile.</param>
    /// <returns>The holder; null for a profile that is not fixed.</returns>
    public static HolderKind? HolderOf(string name) => Holders.TryGetValue(name, out var holder) ? holder : null;
}
