using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace Provisioning.Interop.Renewals;

/// <summary>
/// A device loses power at every place of its renewal, and the service is killed at every failpoint: the device can always authenticate with
/// one of the certificates that it has stored, and ends with exactly one.
/// </summary>
public sealed class RenewalCrashTests
{
    private const string DeviceId = "pump-1";

    private static readonly string[] Failpoints = ["after-identify", "after-reserve", "after-sign", "after-record", "before-answer"];

    // The whole proof is 200 rounds; the suite makes enough for every place and every failpoint, and PROVISIONING_ROUNDS makes as many as it says.
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("PROVISIONING_ROUNDS"), out var rounds) ? rounds : 30;

    private static int Seed => int.TryParse(Environment.GetEnvironmentVariable("PROVISIONING_SEED"), out var seed)
        ? seed
        : RandomNumberGenerator.GetInt32(int.MaxValue);

    [Fact]
    public async Task A_device_that_loses_power_anywhere_in_its_renewal_is_never_stranded_and_ends_with_one_certificate()
    {
        var seed = Seed;
        TestContext.Current.TestOutputHelper?.WriteLine($"PROVISIONING_SEED={seed}");
        var random = new Random(seed);
        await using var server = await ServerProcess.StartAsync();
        await DefineStrictAsync(server);
        using var registrar = Api.Client(server, "factory-line");
        using var device = new FieldDevice(server, DeviceId, random);
        await device.EnrollAsync(registrar);
        var cuts = Enum.GetValues<PowerCut>();
        for (var round = 0; round < Rounds; round++)
        {
            var failpoint = round % 5 == 4 ? Failpoints[round / 5 % Failpoints.Length] : null;
            var cut = failpoint is null ? cuts[round % cuts.Length] : PowerCut.Never;
            if (failpoint is not null)
            {
                // A request that was answered before would be answered again, and pass by the failpoint.
                device.ForgetRequest();
                await RestartAsync(server, failpoint);
            }

            try
            {
                await device.RenewAsync(cut);
                Assert.True(cut == PowerCut.Never && failpoint is null, $"Round {round}, seed {seed}: nothing was cut.");
            }
            catch (PowerCutException)
            {
                // As it should be.
            }
            catch (HttpRequestException) when (failpoint is not null)
            {
                await server.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
                await server.StartAgainAsync(new Dictionary<string, string> { ["PROVISIONING_FAILPOINT"] = "" });
            }

            await device.RecoverAsync();
        }

        // What was issued to a key that the device has thrown away gives its place up to the next one.
        await device.RenewAsync(PowerCut.Never);
        await AssertOneAsync(server, device);
    }

    // No overlap: the certificate before ends with the first showing of the next one, so that a mistake shows at once.
    private static async Task DefineStrictAsync(ServerProcess server)
    {
        using var administrator = Api.Client(server, "admin");
        using var message = new HttpRequestMessage(HttpMethod.Put, "/api/v1/groups/default")
        {
            Content = JsonContent.Create(new { renewal = new { early = "allowed", overlap = "PT0S" }, onClone = "quarantine" }),
            Headers = { { "If-Match", "*" } },
        };
        using var defined = await administrator.SendAsync(message);
        Assert.True(defined.IsSuccessStatusCode, await defined.Content.ReadAsStringAsync());
    }

    private static async Task RestartAsync(ServerProcess server, string failpoint)
    {
        await server.StopAsync();
        await server.StartAgainAsync(new Dictionary<string, string> { ["PROVISIONING_FAILPOINT"] = failpoint });
    }

    private static async Task AssertOneAsync(ServerProcess server, FieldDevice device)
    {
        Assert.Equal(HttpStatusCode.OK, await device.ShowAsync(device.Active));
        using var administrator = Api.Client(server, "admin");
        var good = (await Api.ListAsync(administrator, $"/api/v1/devices/{DeviceId}/certificates"))
            .Where(row => row.GetProperty("state").GetString() is not ("superseded" or "abandoned"))
            .Select(row => (row.GetProperty("state").GetString(), row.GetProperty("serialNumber").GetString()));
        Assert.Equal([("current", device.Active.SerialNumber)], good);
        var row = await administrator.GetFromJsonAsync<JsonElement>($"/api/v1/devices/{DeviceId}");
        Assert.Equal(("active", JsonValueKind.Null), (row.GetProperty("state").GetString(), row.GetProperty("cloneSuspectedAt").ValueKind));
        await server.StopAsync();
        var audit = await server.AuditAsync();
        Assert.True(audit.ExitCode == 0, $"{audit.Output}\n{audit.Error}");
    }
}
