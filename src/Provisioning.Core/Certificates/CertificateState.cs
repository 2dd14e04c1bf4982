namespace Provisioning.Core.Certificates;

/// <summary>Where a certificate stands: <c>reserved → issued → current → superseded</c>, <c>held</c>, <c>revoked</c>.</summary>
public enum CertificateState
{
    /// <summary>Its serial number and plan are on record; no signature is known.</summary>
    Reserved,

    /// <summary>Signed and recorded, not yet seen in a handshake. It authenticates; the one before it still does too.</summary>
    Issued,

    /// <summary>The one that its holder uses.</summary>
    Current,

    /// <summary>Replaced by a newer one that was seen in a handshake.</summary>
    Superseded,

    /// <summary>On hold (certificateHold): the only reversible revocation.</summary>
    Held,

    /// <summary>Revoked, for ever.</summary>
    Revoked,

    /// <summary>A reservation that was never recorded as signed. Revocable like any other serial number.</summary>
    Abandoned,
}
