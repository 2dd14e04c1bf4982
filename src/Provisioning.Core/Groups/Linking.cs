namespace Provisioning.Core.Groups;

/// <summary>
/// Whether a certification request must hold the channel binding of the TLS session that it came over, so that nobody but the holder of the key
/// can have sent it (RFC 7030 §3.5).
/// </summary>
public enum Linking
{
    /// <summary>A request that holds one is refused when it is another session's; others are taken.</summary>
    Optional,

    /// <summary>
    /// Every request must hold it. TLS 1.3 has none that .NET could give, and REST has no place for it: only EST over TLS 1.2 goes.
    /// </summary>
    Required,
}
