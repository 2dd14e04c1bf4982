using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Tests.Server.Credentials;
using Provisioning.Tests.Server.Est;

namespace Provisioning.Tests.Server.Observability;

/// <summary>A key costs a processor a second or more: it is made for who gets it, and counted.</summary>
[Collection(Alone.Name)]
public sealed class KeyMetricsTests
{
    private static readonly string[] Credentials = ["registrar", "token"];

    [Fact]
    public async Task A_key_is_made_for_who_gets_it_and_for_nobody_else()
    {
        await using var server = await TestServer.StartAsync();
        await server.DefineGroupAsync("plants", new { credentials = Credentials, serverKeys = "allowed", renewal = new { rekey = "forbidden", early = "allowed" } });
        await server.DefineGroupAsync("slow", new { credentials = Credentials, serverKeys = "allowed", approval = "manual" });
        using var like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = await server.CreateTokenAsync(new { group = "plants" });
        using var client = server.WithPassword(token);
        Assert.Equal(["p256"], await CountAsync(client, "pump-1", like, HttpStatusCode.OK));
        Assert.Empty(await CountAsync(client, "pump-2", like, HttpStatusCode.Unauthorized));

        // Who keeps its key.
        using var device = await DeviceAsync(server, "pump-3");
        Assert.Empty(await CountAsync(server.Client(device), "pump-3", like, HttpStatusCode.BadRequest));

        // A token that is for another key than the one that would be made.
        var keyThumbprint = Convert.ToHexString(SHA256.HashData(like.ExportSubjectPublicKeyInfo()));
        using var bound = server.WithPassword(await server.CreateTokenAsync(new { group = "plants", keyThumbprint }));
        Assert.Empty(await CountAsync(bound, "pump-4", like, HttpStatusCode.Forbidden));

        // Who waits for an administrator, who has been told no, and who is let in.
        using var waiting = server.WithPassword(await server.CreateTokenAsync(new { group = "slow" }));
        Assert.Empty(await CountAsync(waiting, "pump-5", like, HttpStatusCode.Accepted));
        Assert.Empty(await CountAsync(waiting, "pump-5", like, HttpStatusCode.Accepted));
        await EstApprovalTests.DecideAsync(server, approve: true);
        Assert.Equal(["p256"], await CountAsync(waiting, "pump-5", like, HttpStatusCode.OK));
        Assert.Empty(await CountAsync(waiting, "pump-5", like, HttpStatusCode.Accepted));
        await EstApprovalTests.DecideAsync(server, approve: false);
        Assert.Empty(await CountAsync(waiting, "pump-5", like, HttpStatusCode.Forbidden));
    }

    private static async Task<X509Certificate2> DeviceAsync(TestServer server, string id)
    {
        using var client = server.WithPassword(await server.CreateTokenAsync(new { group = "plants" }));
        return (await server.NewDevice(id).EstEnrollAsync(client)).Certificate!;
    }

    private static async Task<List<string>> CountAsync(HttpClient client, string device, ECDsa like, HttpStatusCode status)
    {
        var made = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { Name: "provisioning.keys.made", Meter.Name: "Provisioning.Core" }) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (made) made.Add((string)tags[0].Value!);
        });
        listener.Start();
        var answer = await client.EstAsync(
            KeyParts.Operation, new CertificateRequest("CN=" + device, like, HashAlgorithmName.SHA256).CreateSigningRequest());
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return made;
    }
}
