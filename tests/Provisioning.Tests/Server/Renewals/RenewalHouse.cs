using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Server.Renewals;

/// <summary>A server with a clock that tests move, and one device in the group <c>pumps</c>.</summary>
internal sealed class RenewalHouse : IAsyncDisposable
{
    internal const string DeviceId = "pump-1";

    private RenewalHouse(TestServer server, FakeTimeProvider time, TestDevice device)
    {
        Server = server;
        Time = time;
        Device = device;
    }

    internal TestServer Server { get; }

    internal FakeTimeProvider Time { get; }

    internal TestDevice Device { get; }

    internal SuccessionService Succession => Server.Services.GetRequiredService<SuccessionService>();

    /// <summary>Starts a server, defines the group, and enrolls the device into it.</summary>
    /// <param name="renewal">The group's policy of renewal, JSON.</param>
    /// <param name="more">More fields of the group, JSON with a leading comma; or nothing.</param>
    internal static async Task<RenewalHouse> StartAsync(string renewal, string more = "")
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        var server = await TestServer.StartAsync(time: time);
        await DefineBriefAsync(server);
        using var defined = await server.Administrator().ReplaceAsync("/api/v1/groups/pumps", $$"""{"renewal":{{renewal}}{{more}}}""", ifMatch: null);
        Assert.True(defined.IsSuccessStatusCode, await defined.Content.ReadAsStringAsync());
        var device = server.NewDevice(DeviceId);
        using var enrolled = await server.Registrar().PostAsJsonAsync(
            "/api/v1/enrollments", new { deviceId = DeviceId, group = "pumps", csr = Convert.ToBase64String(device.Request()) });
        await device.TakeAsync(enrolled);
        return new RenewalHouse(server, time, device);
    }

    // Much shorter than the life of what the server shows itself.
    private static async Task DefineBriefAsync(TestServer server)
    {
        var brief = TestProfiles.Definition() with { Name = "brief", Lifetime = "P10D" };
        using var defined = await server.Administrator().ReplaceAsync("/api/v1/profiles/brief", ProfileReader.Write(brief));
        Assert.True(defined.IsSuccessStatusCode, await defined.Content.ReadAsStringAsync());
    }

    /// <summary>Time passes.</summary>
    internal void Pass(TimeSpan time) => Time.Advance(time);

    /// <summary>The device as the administrator reads it.</summary>
    internal Task<JsonElement> ReadDeviceAsync() => ReadAsync($"/api/v1/devices/{DeviceId}");

    /// <summary>The state of a certificate as the administrator reads it.</summary>
    internal async Task<string?> StateAsync(string serialNumber) =>
        (await ReadAsync($"/api/v1/certificates/{serialNumber}")).GetProperty("state").GetString();

    /// <summary>What stands in the device's history, newest first.</summary>
    internal async Task<List<string?>> HistoryAsync() =>
    [
        .. (await ReadAsync($"/api/v1/devices/{DeviceId}/history")).GetProperty("items").EnumerateArray()
            .Select(entry => entry.GetProperty("action").GetString()),
    ];

    internal async Task<JsonElement> ReadAsync(string path) => await Server.Administrator().GetFromJsonAsync<JsonElement>(path);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
