namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>The content octets of the object identifiers that OCSP uses, compared and written as they are.</summary>
internal static class OcspOids
{
    /// <summary>id-pkix-ocsp-basic, 1.3.6.1.5.5.7.48.1.1.</summary>
    internal static ReadOnlySpan<byte> Basic => [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];

    /// <summary>id-pkix-ocsp-nonce, 1.3.6.1.5.5.7.48.1.2.</summary>
    internal static ReadOnlySpan<byte> Nonce => [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];

    /// <summary>id-pkix-ocsp-response, 1.3.6.1.5.5.7.48.1.4.</summary>
    internal static ReadOnlySpan<byte> AcceptableResponses => [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x04];

    /// <summary>id-pkix-ocsp-archive-cutoff, 1.3.6.1.5.5.7.48.1.6.</summary>
    internal static ReadOnlySpan<byte> ArchiveCutoff => [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x06];

    /// <summary>id-sha1, 1.3.14.3.2.26.</summary>
    internal static ReadOnlySpan<byte> Sha1 => [0x2B, 0x0E, 0x03, 0x02, 0x1A];

    /// <summary>id-sha256, 2.16.840.1.101.3.4.2.1.</summary>
    internal static ReadOnlySpan<byte> Sha256 => [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
}
