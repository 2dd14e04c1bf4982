using System.Net;
using System.Net.Http.Json;

namespace Provisioning.Tests.Server;

/// <summary>What a revocation reaches beyond the certificate that it names.</summary>
public sealed class RevocationTests
{
    [Fact]
    public async Task A_compromised_key_takes_every_certificate_with_it()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var first = device.SerialNumber;
        using (await device.RenewAsync(device.Client(), newKey: false)) { }
        Assert.NotEqual(first, device.SerialNumber);
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);

        await RevokeAsync(server, first, "keyCompromise");

        await Problem.IsAsync(await device.Client().GetAsync("/api/v1/self"), HttpStatusCode.Forbidden, "certificate-revoked");
    }

    [Fact]
    public async Task An_unconfirmed_certificate_on_hold_comes_back_only_while_nothing_newer_is_in_use()
    {
        await using var server = await TestServer.StartAsync();
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var old = device.Client();
        using (await device.RenewAsync(old)) { }
        var held = device.SerialNumber;
        await RevokeAsync(server, held, "certificateHold");
        using (await device.RenewAsync(old)) { }
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);

        using var released = await server.Administrator().DeleteAsync($"/api/v1/certificates/{held}/revocation");

        await Problem.IsAsync(released, HttpStatusCode.Conflict, "device-already-bound");
        Assert.Equal(HttpStatusCode.OK, (await device.Client().GetAsync("/api/v1/self")).StatusCode);
    }

    [Fact]
    public async Task A_revoked_server_certificate_is_replaced_at_the_next_look_and_at_the_next_start()
    {
        var folder = Directory.CreateTempSubdirectory("provisioning-test-").FullName;
        try
        {
            string revoked;
            await using (var server = await TestServer.StartAsync(directory: folder))
            {
                revoked = await ServerSerialAsync(server);
                await RevokeAsync(server, revoked, "superseded");
            }

            await using (var server = await TestServer.StartAsync(directory: folder))
                Assert.NotEqual(revoked, await ServerSerialAsync(server));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> ServerSerialAsync(TestServer server)
    {
        await using var connection = await RawConnection.OpenTlsAsync(server.Https);
        return connection.Tls.RemoteCertificate!.GetSerialNumberString();
    }

    private static async Task RevokeAsync(TestServer server, string serialNumber, string reason)
    {
        using var response = await server.Administrator().PostAsJsonAsync($"/api/v1/certificates/{serialNumber}/revocation", new { reason });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
