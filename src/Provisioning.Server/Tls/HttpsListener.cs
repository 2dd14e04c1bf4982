using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Provisioning.Core.Authorities;
using Provisioning.Server.Configuration;
using Provisioning.Server.Limits;

namespace Provisioning.Server.Tls;

/// <summary>The two listeners, on each address, and how much a stranger may cost before the first line of ours runs.</summary>
internal static class HttpsListener
{
    /// <summary>The largest request that anything here reads.</summary>
    internal const int MaxRequestBody = 16 * 1024;

    // Waiting for a processor included; and how much of it a handshake may wait that has not begun.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // Forward secrecy and authenticated encryption only. CCM is there for small TLS stacks with AES hardware.
    private static readonly TlsCipherSuite[] CipherSuites =
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CCM,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    /// <summary>Makes the gate that the handshakes of all addresses pass.</summary>
    internal static HandshakeGate Gate() => new(Math.Max(2, Environment.ProcessorCount), Patience, TimeProvider.System);

    internal static void Configure(
        KestrelServerOptions kestrel, ServerOptions options, IReadOnlyList<IPAddress> addresses, ServerCertificate certificate, AuthorityDirectory authorities,
        HandshakeGate gate, Connections connections)
    {
        // Two readings of one request, by a proxy and by us, are a hole: a line ends with CRLF (RFC 9112 §2.2 allows more).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

        foreach (var address in addresses)
        {
            kestrel.Listen(address, options.HttpPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(connections.Http.Hold);
            });
            kestrel.Listen(address, options.HttpsPort, listen =>
            {
                // HTTP/1.1 only: every client of ours speaks it, and what is not offered cannot be flooded.
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => GatedHandshake.First(gate, next));
                listen.Use(connections.Https.Hold);
                listen.Use(next => GatedHandshake.Before(gate, next));
                listen.UseHttps(Handshake(certificate, authorities));
                listen.Use(GatedHandshake.After);
            });
        }
    }

    private static TlsHandshakeCallbackOptions Handshake(ServerCertificate certificate, AuthorityDirectory authorities)
    {
        var policy = ChainPolicy(authorities);
        var suites = OperatingSystem.IsWindows() ? null : new CipherSuitesPolicy(CipherSuites);
        return new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = Longest,
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate.Context,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CipherSuitesPolicy = suites,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
                AllowRenegotiation = false,

                // A device comes back after months, not minutes: tickets would cost every full handshake 15 to 30 percent. (OpenSSL sends two
                // all the same in TLS 1.3, which .NET has no switch for; none is taken back.)
                AllowTlsResume = false,

                // Asked for, not insisted on; and any certificate passes here, because TLS only proves that the caller holds its key.
                // Who may do what is decided on the row of the certificate, where the answer can say why not.
                ClientCertificateRequired = true,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                CertificateChainPolicy = policy,
#pragma warning disable CA5359 // It judges clients, whose certificates the authentication handler looks up in the registry.
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            }),
        };
    }

    // The platform builds a chain before it asks anybody. This is the cheapest form of it, and it fetches nothing.
    private static X509ChainPolicy ChainPolicy(AuthorityDirectory authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
        };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authorities.Root.Certificate.Span));
        foreach (var issuing in authorities.Generations) policy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(issuing.Certificate.Span));
        return policy;
    }
}
