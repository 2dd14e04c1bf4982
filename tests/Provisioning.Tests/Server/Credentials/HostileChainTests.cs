using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>What a client sends beside its certificate: nothing of it is believed, and nothing of it is followed.</summary>
public sealed class HostileChainTests
{
    [Fact]
    public async Task H_22_TM_36_a_chain_of_30_strangers_is_401_and_nothing_is_fetched()
    {
        await using var server = await TestServer.StartAsync();
        await server.OpenGroupAsync();
        using var acme = new Manufacturer();
        await acme.RegisterWellAsync(server);
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)canary.LocalEndpoint).Port}/";
        var (leaf, above) = Chain(30, address);

        using var handler = new SocketsHttpHandler();
        handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(leaf, above, offline: true);
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { X509CertificateLoader.LoadCertificate(server.Authorities.Root.Certificate.Span) },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        using var client = new HttpClient(handler) { BaseAddress = server.Https };

        await Problem.IsAsync(await client.EnrollAsync("AC-1"), HttpStatusCode.Unauthorized, "unknown-certificate");

        Assert.False(canary.Pending());
        Assert.Equal(HttpStatusCode.OK, (await server.Administrator().GetAsync("/api/v1/self")).StatusCode);
        leaf.Dispose();
        foreach (var certificate in above) certificate.Dispose();
    }

    // The topmost one has the name of the registered manufacturer; each of the others says where its issuer is to be had.
    private static (X509Certificate2 Leaf, X509Certificate2Collection Above) Chain(int length, string address)
    {
        var above = new X509Certificate2Collection();
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedName("CN=Acme IDevID CA");
        for (var level = length; level > 0; level--)
        {
            var below = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var subject = level == 1 ? Manufacturer.SubjectOf("AC-1") : new X500DistinguishedName($"CN=Level {level}");
            var request = new CertificateRequest(subject, below, HashAlgorithmName.SHA256);
            if (level > 1) request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([], [$"{address}{level}.cer"]));
            using var certificate = request.Create(
                name, X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9),
                [0x5A, .. RandomNumberGenerator.GetBytes(8)]);
            if (level == 1)
            {
                using var withKey = certificate.CopyWithPrivateKey(below);
                return (X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null), above);
            }

            above.Add(X509CertificateLoader.LoadCertificate(certificate.RawData));
            (key, name) = (below, subject);
        }

        throw new ArgumentOutOfRangeException(nameof(length));
    }
}
