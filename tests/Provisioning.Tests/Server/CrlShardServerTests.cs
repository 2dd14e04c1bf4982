using System.Formats.Asn1;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Audit;
using Provisioning.Core.Revocation;
using Provisioning.Server.Configuration;

namespace Provisioning.Tests.Server;

/// <summary>Shards and deltas of the whole service: what certificates name, what CRLs say, and what becomes of old shards.</summary>
public sealed class CrlShardServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-shards-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_certificate_names_its_shard_for_ever_and_new_ones_follow_the_configuration()
    {
        var old = new List<(string Serial, string Address)>();
        await using (var server = await StartAsync(shards: 3))
        {
            await EnrollAsync(server, "pump", 8, old);
            Assert.All(old, one => Assert.Matches("^http://localhost:8080/crl/issuing/[123]\\.crl$", one.Address));
            Assert.True(old.Select(one => one.Address).Distinct().Count() > 1);
            await UntilShownAsync(server, 0, 1, 2, 3);
        }

        var fewer = new List<(string Serial, string Address)>();
        await using var again = await StartAsync(shards: 1);
        await EnrollAsync(again, "valve", 1, fewer);
        Assert.Equal("http://localhost:8080/crl/issuing.crl", fewer[0].Address);

        // Revoked long after its shard was given up: it is in the CRL that it names, and in the full one.
        var administrator = again.Administrator();
        foreach (var (serial, _) in (List<(string, string)>)[old[0], fewer[0]])
            using (await RevokeAsync(administrator, serial)) { }
        var shard = ShardOf(old[0].Address);
        await UntilAsync(again, shard, crl => crl.Entries == 1);
        await UntilAsync(again, 0, crl => crl.Entries == 2);
        await UntilShownAsync(again, [.. old.Select(one => ShardOf(one.Address))]);
        await AuditAsync(again);
    }

    [Fact]
    public async Task The_distribution_point_of_a_CRL_is_that_of_its_certificates_octet_for_octet()
    {
        await using var server = await StartAsync(shards: 2, full: false);
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var address = AddressOf(device.Certificate!);
        var shard = ShardOf(address);
        await UntilShownAsync(server, 0, 1, 2);
        var facts = Read(server, new CrlName(new CrlScope("issuing", shard)));

        // CRLDistributionPoints ::= SEQUENCE OF DistributionPoint, whose first field is the same as that of an IssuingDistributionPoint.
        var extension = device.Certificate!.Extensions.Single(one => one.Oid!.Value == "2.5.29.31").RawData;
        var point = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence().ReadEncodedValue();
        Assert.Equal(point.ToArray(), facts.DistributionPoint.ToArray());
        Assert.False(Read(server, new CrlName("issuing")).DistributionPoint.IsEmpty);
        await AuditAsync(server);
    }

    [Fact]
    public async Task With_deltas_a_hold_and_its_release_are_told_within_seconds_and_the_complete_CRL_stays()
    {
        await using var server = await StartAsync(shards: 2, deltas: true);
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await server.NewDevice("pump-2").EnrollAsync(server.Registrar());
        var shard = ShardOf(AddressOf(device.Certificate!));
        await UntilAsync(server, shard, _ => true, isDelta: true);
        var complete = Published(server).Find(new CrlName(new CrlScope("issuing", shard)));
        var administrator = server.Administrator();
        using (await RevokeAsync(administrator, device.SerialNumber, "certificateHold")) { }
        await UntilAsync(server, shard, crl => crl.Entries == 1, isDelta: true);
        await AuditAsync(server);

        using (var released = await administrator.DeleteAsync($"/api/v1/certificates/{device.SerialNumber}/revocation", Ct))
            Assert.True(released.IsSuccessStatusCode);
        await TestServer.UntilAsync(
            () => Convert.ToHexString(Read(server, new CrlName(new CrlScope("issuing", shard), IsDelta: true)).Tbs.Span).Contains("0A0108", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60));
        Assert.Equal(complete, Published(server).Find(new CrlName(new CrlScope("issuing", shard))));
        await AuditAsync(server);

        // Every series has its authority, shard and kind.
        var metrics = await (await administrator.GetAsync("/metrics", Ct)).Content.ReadAsStringAsync(Ct);
        Assert.Contains($"provisioning_crl_entries{{authority=\"issuing\",shard=\"{shard}\",kind=\"delta\"}} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("provisioning_crl_entries{authority=\"root\",shard=\"0\",kind=\"complete\"} 0", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "00:10:00", "Shards must be between 1 and 128")]
    [InlineData(129, "00:10:00", "Shards must be between 1 and 128")]
    [InlineData(2, "00:00:10", "DeltaEvery must be at least one minute")]
    [InlineData(2, "02:00:00", "DeltaEvery must be at most RefreshEvery")]
    public void What_cannot_work_stops_the_start_with_the_name_of_the_option(int shards, string deltaEvery, string problem)
    {
        var values = new Dictionary<string, string?>
        {
            ["Provisioning:Crl:Shards"] = $"{shards}",
            ["Provisioning:Crl:Deltas"] = "true",
            ["Provisioning:Crl:DeltaEvery"] = deltaEvery,
        };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var refused = Assert.Throws<StartupException>(() => Settings.Read(configuration));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    private Task<TestServer> StartAsync(int shards, bool full = true, bool deltas = false) => TestServer.StartAsync(
        options =>
        {
            options.PublicHttpPort = 8080;
            (options.Crl.Shards, options.Crl.Full, options.Crl.Deltas) = (shards, full, deltas);
        },
        directory: _folder);

    private static async Task EnrollAsync(TestServer server, string name, int count, List<(string Serial, string Address)> all)
    {
        for (var i = 0; i < count; i++)
        {
            var device = await server.NewDevice($"{name}-{i}").EnrollAsync(server.Registrar());
            all.Add((device.SerialNumber, AddressOf(device.Certificate!)));
        }
    }

    private static Task<HttpResponseMessage> RevokeAsync(HttpClient administrator, string serial, string reason = "superseded") =>
        administrator.PostAsJsonAsync($"/api/v1/certificates/{serial}/revocation", new { reason }, Ct);

    private static string AddressOf(X509Certificate2 certificate)
    {
        var wrapper = new Asn1Tag(TagClass.ContextSpecific, 0);
        return new AsnReader(certificate.Extensions.Single(one => one.Oid!.Value == "2.5.29.31").RawData, AsnEncodingRules.DER)
            .ReadSequence().ReadSequence().ReadSequence(wrapper).ReadSequence(wrapper)
            .ReadCharacterString(UniversalTagNumber.IA5String, new Asn1Tag(TagClass.ContextSpecific, 6));
    }

    // One digit, before ".crl".
    private static int ShardOf(string address) => address[^5] - '0';

    private static PublishedCrls Published(TestServer server) => server.Services.GetRequiredService<PublishedCrls>();

    private static CrlFacts Read(TestServer server, CrlName name)
    {
        var facts = CrlFacts.TryRead(name, File.ReadAllBytes(Path.Combine(server.Instance.Crl.Directory, name.FileName)));
        Assert.NotNull(facts);
        Assert.True(facts.IsSignedBy(server.Authorities.Issuing));
        return facts;
    }

    private static async Task UntilShownAsync(TestServer server, params int[] shards)
    {
        foreach (var shard in shards) await UntilAsync(server, shard, _ => true);
    }

    private static Task UntilAsync(TestServer server, int shard, Func<CrlStatus, bool> happened, bool isDelta = false) => TestServer.UntilAsync(
        () => Published(server).Find(new CrlName(new CrlScope("issuing", shard), isDelta)) is { } crl && happened(crl), TimeSpan.FromSeconds(60));

    private static async Task AuditAsync(TestServer server)
    {
        await server.UntilCrlsAsync();
        var report = await new Auditor(
            server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl).RunAsync(Ct);
        Assert.Empty(report.Findings);
        Assert.True(report.Crls >= 3, $"Only {report.Crls} CRLs were compared.");
    }
}
