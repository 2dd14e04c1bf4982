using System.Net;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;
using Provisioning.Server;

namespace Provisioning.Tests.Server;

/// <summary>
/// The list of authorities in the handshake, and clients that obey it, as Go, Java, Schannel and browsers do: they show no certificate that
/// none of the named authorities has signed.
/// </summary>
public sealed class AuthorityListTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("provisioning-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task L_14_who_obeys_the_list_of_authorities_shows_a_certificate_of_every_generation()
    {
        var all = new List<X509Certificate2>();
        await using (var first = await TestServer.StartAsync(directory: _directory)) all.Add(await EnrollAsync(first, "pump-1"));
        for (var generation = 2; generation <= 3; generation++)
        {
            await RollAsync(generation);
            await using var server = await TestServer.StartAsync(directory: _directory);
            all.Add(await EnrollAsync(server, $"pump-{generation}"));
            Assert.Equal(generation, all.Select(one => one.Issuer).Distinct().Count());
            foreach (var one in all) await AssertLetInAsync(server, one, "/api/v1/self");

            // Made by the first generation, and what opens Swagger UI for people.
            using var administrator = server.Credential(CredentialFiles.Administrator);
            await AssertLetInAsync(server, administrator, "/api/v1/devices");
        }

        foreach (var one in all) one.Dispose();
    }

    private static async Task<X509Certificate2> EnrollAsync(TestServer server, string id) =>
        (await server.NewDevice(id).EnrollAsync(server.Registrar())).Certificate!;

    private static async Task AssertLetInAsync(TestServer server, X509Certificate2 certificate, string path)
    {
        using var client = ObedientClient(server, certificate);
        using var answer = await client.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    // Asked before the handshake it says nothing, so that it is asked again when the list is known.
    private static HttpClient ObedientClient(TestServer server, X509Certificate2 certificate) => new(new SocketsHttpHandler
    {
        SslOptions =
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { X509CertificateLoader.LoadCertificate(server.Authorities.Root.Certificate.Span) },
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            },
            LocalCertificateSelectionCallback = (_, _, _, remote, issuers) =>
                remote is not null && (issuers.Length == 0 || issuers.Contains(certificate.Issuer)) ? certificate : null!,
        },
    })
    { BaseAddress = server.Https };

    private async Task RollAsync(int generation)
    {
        await using var instance = await Instance.OpenAsync(
            new() { DataDirectory = _directory }, mayCreatePassphrase: true, TimeProvider.System, default);
        await instance.RecoverAsync();
        using var authorities = await instance.LoadAuthoritiesAsync();
        Assert.True(await instance.Rollover.CreateAsync(generation, authorities, new AuthorityOptions(), default));
    }
}
