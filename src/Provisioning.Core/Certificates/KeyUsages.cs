namespace Provisioning.Core.Certificates;

/// <summary>
/// The key usage bits (RFC 5280 §4.2.1.3), each at its bit number, so that an encoder shifts and nothing more.
/// </summary>
[Flags]
public enum KeyUsages
{
    /// <summary>No usage.</summary>
    None = 0,

    /// <summary>Bit 0.</summary>
    DigitalSignature = 1 << 0,

    /// <summary>Bit 1, also known as nonRepudiation.</summary>
    ContentCommitment = 1 << 1,

    /// <summary>Bit 2.</summary>
    KeyEncipherment = 1 << 2,

    /// <summary>Bit 3.</summary>
    DataEncipherment = 1 << 3,

    /// <summary>Bit 4.</summary>
    KeyAgreement = 1 << 4,

    /// <summary>Bit 5.</summary>
    KeyCertSign = 1 << 5,

    /// <summary>Bit 6.</summary>
    CrlSign = 1 << 6,

    /// <summary>Bit 7.</summary>
    EncipherOnly = 1 << 7,

    /// <summary>Bit 8.</summary>
    DecipherOnly = 1 << 8,
}
