namespace Provisioning.Core.Certificates;

/// <summary>Who a certificate belongs to, and with it what it may do here.</summary>
public enum HolderKind
{
    /// <summary>A device of the registry: renews itself, reads itself.</summary>
    Device,

    /// <summary>A factory line or other registration authority: enrolls devices.</summary>
    Registrar,

    /// <summary>A person or tool that administers the service.</summary>
    Administrator,

    /// <summary>The service itself: its TLS server certificate.</summary>
    Service,

    /// <summary>A certificate authority of ours.</summary>
    Authority,

    /// <summary>A batch of devices that share a certificate, with which they may claim what is expected of them, and nothing else.</summary>
    Claim,

    /// <summary>A broker, gateway or other relying party: reads what was revoked, and nothing else.</summary>
    RelyingParty,
}
