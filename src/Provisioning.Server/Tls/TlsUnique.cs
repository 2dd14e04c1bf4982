using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Authentication.ExtendedProtection;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Tls;

/// <summary>
/// tls-unique (RFC 5929 §3), as far as the platform gives it. Of TLS 1.3 there is no such thing, and what the platform gives for it is not unique (RFC
/// 8446 appendix C.5).
/// </summary>
/// <param name="session">The session, after its handshake; null for none.</param>
internal sealed class TlsUnique(SslStream? session) : IChannelBinding
{
    // On every system SEC_CHANNEL_BINDINGS: six empty fields, the length of the data, where they begin; and the name of the kind in front of them.
    private const int LengthAt = 24;
    private const int OffsetAt = 28;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Unique
    {
        get
        {
            if (session is not { SslProtocol: SslProtocols.Tls12 }) return null;
            using var binding = session.TransportContext.GetChannelBinding(ChannelBindingKind.Unique);
            if (binding is null) return null;
            var octets = new byte[binding.Size];
            Marshal.Copy(binding.DangerousGetHandle(), octets, 0, octets.Length);
            var data = octets.AsMemory(BitConverter.ToInt32(octets, OffsetAt), BitConverter.ToInt32(octets, LengthAt));
            return data.Span.StartsWith("tls-unique:"u8) ? data["tls-unique:".Length..] : null;
        }
    }
}
