using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Server;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Bulk;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>What is for everybody: the certificates of the authorities, also during a rollover (row E-15), and what a request should have in it.</summary>
public sealed class EstAuthoritiesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("provisioning-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task E_15_cacerts_has_the_root_and_every_generation_of_the_issuing_authority()
    {
        for (var generation = 1; generation <= 3; generation++)
        {
            if (generation > 1) await RollAsync(_directory, generation);
            await using var server = await TestServer.StartAsync(directory: _directory);
            foreach (var group in (string?[])[null, "default"])
            {
                using var answer = await server.Anonymous().GetAsync(EstCalls.At("cacerts", group));
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.Equal(EstCalls.CertsOnly, Assert.Single(answer.Content.Headers.NonValidated["Content-Type"]));
                var all = EstCalls.Certificates(await answer.Content.ReadAsStringAsync());
                Assert.Equal(
                    server.Authorities.Generations.Append(server.Authorities.Root).Select(one => Convert.ToHexString(one.Certificate.Span)).Order(),
                    all.Select(one => Convert.ToHexString(one.RawDataMemory.Span)).Order());
                Assert.Equal(generation + 1, all.Count);
            }

            // Whoever was given these accepts what is issued now.
            var device = await server.NewDevice($"pump-{generation}").EstEnrollAsync(server.Registrar());
            using var chain = new X509Chain
            {
                ChainPolicy =
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificate(server.Authorities.Root.Certificate.Span) },
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                },
            };
            foreach (var one in server.Authorities.Generations)
                chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(one.Certificate.Span));
            using var leaf = X509CertificateLoader.LoadCertificate(device.Certificate!.RawData);
            Assert.True(chain.Build(leaf));
            Assert.Equal(3, chain.ChainElements.Count);
        }
    }

    public static TheoryData<string> DeviceProfiles =>
        [.. TestProfiles.Names.Where(name => TestProfiles.Read(name).Holder == HolderKind.Device)];

    [Theory]
    [MemberData(nameof(DeviceProfiles))]
    public async Task A_request_that_is_made_from_csrattrs_is_granted(string profile)
    {
        await using var server = await TestServer.StartAsync();
        await server.DefineGroupAsync("pumps", new { profile });
        await BulkCalls.ImportAsync(
            server, "first", "application/x-ndjson", JsonSerializer.Serialize(new { deviceId = "pump-1", group = "pumps", attributes = Attributes }));

        using var attributes = await server.Anonymous().GetAsync(EstCalls.At("csrattrs", "pumps"));
        Assert.Equal("application/csrattrs", Assert.Single(attributes.Content.Headers.NonValidated["Content-Type"]));
        var request = ToldRequest.Make(Convert.FromBase64String(await attributes.Content.ReadAsStringAsync()), "CN=pump-1");

        await EstCalls.SerialAsync(await server.Registrar().EstAsync(EstCalls.Enroll, request, "pumps"));
    }

    // Every attribute that a profile may need.
    private static readonly Dictionary<string, string> Attributes = new()
    {
        ["applicationUri"] = "urn:pump-1.plant.example:Example:Pump",
        ["hostname"] = "pump-1.plant.example",
        ["address"] = "192.0.2.42",
        ["organization"] = "Example GmbH",
        ["manufacturer"] = "Example Pumps",
    };

    /// <summary>Makes the next generation of the issuing authority, while no server runs.</summary>
    internal static async Task RollAsync(string directory, int generation)
    {
        await using var instance = await Instance.OpenAsync(
            new() { DataDirectory = directory }, mayCreatePassphrase: true, TimeProvider.System, default);
        await instance.RecoverAsync();
        using var authorities = await instance.LoadAuthoritiesAsync();
        Assert.True(await instance.Rollover.CreateAsync(generation, authorities, new AuthorityOptions(), default));
    }
}
