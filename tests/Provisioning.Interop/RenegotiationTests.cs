using System.Diagnostics;

namespace Provisioning.Interop;

/// <summary>What only openssl offers a server: a TLS 1.2 handshake inside a connection (row H-19).</summary>
public sealed class RenegotiationTests
{
    [Fact]
    public async Task H_19_a_client_that_renegotiates_loses_its_connection_and_the_server_goes_on()
    {
        await using var server = await ServerProcess.StartAsync();

        for (var round = 0; round < 3; round++) await RenegotiateAsync(server);

        using var registrar = Api.Client(server, "factory-line");
        using var self = await registrar.GetAsync("/api/v1/self");
        Assert.True(self.IsSuccessStatusCode);
        Assert.DoesNotContain("fail:", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("crit:", server.Output, StringComparison.Ordinal);
    }

    private static async Task RenegotiateAsync(ServerProcess server)
    {
        using var client = Process.Start(new ProcessStartInfo(
            "openssl", ["s_client", "-tls1_2", "-connect", $"localhost:{server.HttpsPort}", "-CAfile", server.Pki("root.pem"), "-msg"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = client.StandardError.ReadToEndAsync();
        while (await client.StandardOutput.ReadLineAsync() is { } line && !line.Contains("Verify return code", StringComparison.Ordinal))
        {
        }

        // Its input stays open: what ends it now is the server.
        var messages = client.StandardOutput.ReadToEndAsync();
        await client.StandardInput.WriteAsync("R\n");
        await client.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await client.WaitForExitAsync(limit.Token);

        Assert.Contains("RENEGOTIATING", await error, StringComparison.Ordinal);
        Assert.Contains("ClientHello", await messages, StringComparison.Ordinal);
        Assert.DoesNotContain("ServerHello", await messages, StringComparison.Ordinal);
        Assert.NotEqual(0, client.ExitCode);
    }
}
