using Provisioning.Core.Certificates;

namespace Provisioning.Core.Births;

/// <summary>
/// A certificate that others have issued (RFC 5280 §4.1), read strictly. Says nothing about who signed it until that is verified.
/// </summary>
internal sealed record ForeignCertificate
{
    /// <summary>All of it, DER.</summary>
    internal required ReadOnlyMemory<byte> Der { get; init; }

    /// <summary>The TBSCertificate, DER.</summary>
    internal required ReadOnlyMemory<byte> Tbs { get; init; }

    /// <summary>The object identifier of the signature algorithm.</summary>
    internal required string Algorithm { get; init; }

    /// <summary>The content of the signature's BIT STRING.</summary>
    internal required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>Its serial number: positive, at most 20 octets.</summary>
    internal required SerialNumber SerialNumber { get; init; }

    /// <summary>The issuer's name, DER; compared octet for octet.</summary>
    internal required ReadOnlyMemory<byte> Issuer { get; init; }

    /// <summary>Its own name, DER.</summary>
    internal required ReadOnlyMemory<byte> Subject { get; init; }

    /// <summary>Valid from, inclusive.</summary>
    internal required DateTimeOffset NotBefore { get; init; }

    /// <summary>Valid until, inclusive. 99991231235959Z, which IEEE 802.1AR §8.7 knows, is a time like any other.</summary>
    internal required DateTimeOffset NotAfter { get; init; }

    /// <summary>Its key, DER.</summary>
    internal required ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; init; }

    /// <summary>The serialNumber attribute of its subject (2.5.4.5), or the ASCII serial number of its hardwareModuleName (RFC 4108 §5), or null.</summary>
    internal string? DeviceSerial { get; init; }

    /// <summary>True when basicConstraints say that it is an authority.</summary>
    internal bool IsAuthority { get; init; }

    /// <summary>How many authorities may be below it, or null for any number.</summary>
    internal int? PathLength { get; init; }

    /// <summary>The key usages, or null when it does not limit them.</summary>
    internal KeyUsages? KeyUsage { get; init; }

    /// <summary>The extended key usages, or null when it does not limit them.</summary>
    internal IReadOnlyList<string>? Purposes { get; init; }

    /// <summary>True when it has a critical extension that is not understood here (RFC 5280 §4.2: then it must be refused).</summary>
    internal bool HasUnknownCritical { get; init; }

    /// <summary>True when its time is now.</summary>
    internal bool IsValidAt(DateTimeOffset now) => now >= NotBefore && now <= NotAfter;
}
