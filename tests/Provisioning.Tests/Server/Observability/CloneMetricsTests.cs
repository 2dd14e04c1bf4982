using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Observability;

/// <summary>The alarm for clones counts what looks like one, once, and nothing that honest devices do.</summary>
[Collection(Alone.Name)]
public sealed class CloneMetricsTests
{
    [Fact]
    public async Task TM_02_every_sign_of_a_clone_is_counted_and_honest_mistakes_are_not()
    {
        await using var server = await TestServer.StartAsync();
        await server.OpenGroupAsync();
        await server.DefineGroupAsync("manual", new { approval = "manual" });
        var registrar = server.Registrar();
        using var used = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await CredentialCalls.SerialAsync(await registrar.EnrollAsync("pump-1", used, new { group = "pumps" }));

        // A key of another device, in a group where everything waits for an administrator.
        Assert.Equal(["same-key"], await CountAsync(
            () => registrar.EnrollAsync("pump-2", used, new { group = "manual" }), HttpStatusCode.Conflict, "key-in-use"));

        // A device of a manifest with another key.
        await server.CreateBatchAsync("week-4");
        await server.ExpectAsync("week-4", new { devices = new[] { new { deviceId = "pump-9", keyThumbprint = new string('A', 64) } } });
        using var claim = await server.IssueClaimAsync("week-4");
        Assert.Equal(["unexpected-key"], await CountAsync(
            () => server.Client(claim).EnrollAsync("pump-9"), HttpStatusCode.Forbidden, "key-mismatch"));

        // One unit too many for a token, which an order is usually off by; and a copied label.
        foreach (var uses in new[] { 2, 1 })
        {
            var token = server.WithToken(await server.CreateTokenAsync(new { group = "pumps", uses }));
            for (var i = 0; i < uses; i++) await CredentialCalls.SerialAsync(await token.EnrollAsync($"fan-{uses}-{i}"));
            Assert.Equal(uses == 1 ? ["claimed-twice"] : [], await CountAsync(
                () => token.EnrollAsync("fan-9"), HttpStatusCode.Forbidden, "token-exhausted"));
        }
    }

    private static async Task<List<string>> CountAsync(Func<Task<HttpResponseMessage>> ask, HttpStatusCode status, string code)
    {
        var signs = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { Name: "provisioning.clones.suspected", Meter.Name: "Provisioning.Core" }) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            lock (signs) signs.AddRange(Enumerable.Repeat((string)tags[0].Value!, (int)value));
        });
        listener.Start();
        await Problem.IsAsync(await ask(), status, code);
        return signs;
    }
}
