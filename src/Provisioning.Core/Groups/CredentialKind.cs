namespace Provisioning.Core.Groups;

/// <summary>How a caller may prove itself when it enrolls a device.</summary>
public enum CredentialKind
{
    /// <summary>A factory line or another registration authority.</summary>
    Registrar,

    /// <summary>An administrator.</summary>
    Administrator,

    /// <summary>An enrollment token, one-time or counted.</summary>
    Token,

    /// <summary>A claim certificate, shared by a batch of expected devices.</summary>
    Claim,

    /// <summary>A birth certificate of the device's manufacturer (IDevID, IEEE 802.1AR).</summary>
    Birth,
}
