namespace Provisioning.Core.Enrollment;

/// <summary>What the host knows of the channel that a request came over, for doors whose protocol binds requests to it.</summary>
public interface IChannelBinding
{
    /// <summary>What no other channel has (tls-unique, RFC 5929 §3); null where there is no such thing.</summary>
    ReadOnlyMemory<byte>? Unique { get; }
}
