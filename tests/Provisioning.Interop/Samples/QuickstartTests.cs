using System.Globalization;
using System.Net.Sockets;

namespace Provisioning.Interop.Samples;

/// <summary><c>samples/quickstart.sh</c>, the first command of the README.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public async Task The_first_command_shows_a_device_enrolled_rotated_revoked_and_refused()
    {
        var data = Directory.CreateTempSubdirectory("provisioning-quickstart-data-");
        var (httpsPort, httpPort) = (ServerProcess.FreePort(), ServerProcess.FreePort());

        var run = await Tool.RunAsync("bash", [Repository.At("samples", "quickstart.sh"), "--exit"], environment: new Dictionary<string, string>
        {
            ["Provisioning__DataDirectory"] = data.FullName,
            ["Provisioning__HttpsPort"] = httpsPort.ToString(CultureInfo.InvariantCulture),
            ["Provisioning__HttpPort"] = httpPort.ToString(CultureInfo.InvariantCulture),
        });

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.Matches("enrolled: serial number [0-9A-F]{32}", run.Output);
        Assert.Matches("rotated: serial number [0-9A-F]{32} → [0-9A-F]{32}", run.Output);
        Assert.Matches("revoked: serial number [0-9A-F]{32}", run.Output);
        Assert.Contains("refused: 403 certificate-revoked", run.Output);
        Assert.Contains("certificate revoked", run.Output);
        Assert.Contains($"https://localhost:{httpsPort}/swagger", run.Output);
        using var probe = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(
            async () => await probe.ConnectAsync("127.0.0.1", httpsPort, TestContext.Current.CancellationToken));
        data.Delete(recursive: true);
    }
}
