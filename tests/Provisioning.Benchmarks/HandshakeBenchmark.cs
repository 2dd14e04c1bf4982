using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using Provisioning.Core.Authorities;

namespace Provisioning.Benchmarks;

/// <summary>
/// A device that comes back after months: a full mutual handshake and one renewal, beside the same handshake by
/// OpenSSL's own server with the same certificates. Counted is each server's processor time.
/// </summary>
internal static class HandshakeBenchmark
{
    private const int Default = 500;
    private const int WarmUp = 150;

    internal static async Task RunAsync(int? count)
    {
        var number = count ?? Default;
        Report.Title($"handshake: {number} full mutual TLS 1.3 handshakes, each with one renewal");
        using var folder = new TemporaryFolder();
        var (server, _) = await MeasuredServer.StartAsync(folder.Path);
        await using var running = server;
        using var registrar = Client.Of(server, CredentialFiles.FactoryLine);
        var port = ServerProcess.FreePort();
        using var peer = StartPeer(server, port);
        try
        {
            await Load.WarmUpAsync(
                async warm => await Load.RunAsync(await Device.EnrollAsync(registrar, warm), device => RenewAsync(server, device)),
                WarmUp);
            var devices = await Device.EnrollAsync(registrar, number);
            await ConnectToPeerAsync(server, port, devices[0]);
            var (floor, (ours, bare, theirs)) = await Floor.AroundAsync(async () => (
                await Cost.MeasureAsync(server.Process, number, () => Load.RunAsync(devices, device => RenewAsync(server, device))),
                await Cost.MeasureAsync(server.Process, number, () => InTurnAsync(devices, device => ConnectAsync(server, device))),
                await Cost.MeasureAsync(peer, number, () => InTurnAsync(devices, device => ConnectToPeerAsync(server, port, device)))));
            Report.Cost("handshake and renewal", ours, floor);
            Report.Cost("handshake alone", bare, floor);
            Report.Cost("openssl s_server, handshake alone", theirs, floor);
            Report.Line("handshake, ours to s_server's", Report.Text($"{bare.Microseconds / theirs.Microseconds:F2} ×"));
        }
        finally
        {
            peer.Kill();
        }
    }

    private static async Task RenewAsync(ServerProcess server, Device device)
    {
        using var client = new Client(server, device.Certificate);
        await client.RenewAsync(device.Next);
    }

    // The peer serves one connection at a time; what is compared with it has the machine to itself in the same way.
    private static async Task InTurnAsync(Device[] devices, Func<Device, Task> work)
    {
        foreach (var device in devices) await work(device);
    }

    // One octet that is no HTTP: what is counted ends where HTTP would begin.
    private static async Task ConnectAsync(ServerProcess server, Device device)
    {
        await using var stream = await HandshakeAsync(server, server.HttpsPort, device);
        await stream.WriteAsync("\0"u8.ToArray());
        _ = await stream.ReadAsync(new byte[1]);
    }

    private static async Task ConnectToPeerAsync(ServerProcess server, int port, Device device)
    {
        await using var stream = await HandshakeAsync(server, port, device);
        await stream.WriteAsync("x\n"u8.ToArray());
        await stream.ReadExactlyAsync(new byte[2]);
    }

    private static async Task<SslStream> HandshakeAsync(ServerProcess server, int port, Device device)
    {
        using var client = new Client(server, device.Certificate);
        var connection = new TcpClient();
        await connection.ConnectAsync("localhost", port);
        var stream = new SslStream(connection.GetStream());
        await stream.AuthenticateAsClientAsync(client.Tls);
        return stream;
    }

    // It answers each line with the line reversed, one connection after the other.
    private static Process StartPeer(ServerProcess server, int port)
    {
        var start = new ProcessStartInfo("openssl",
        [
            "s_server", "-accept", $"localhost:{port}", "-rev", "-quiet", "-no_ticket",
            "-cert", server.Pki("server.pem"), "-cert_chain", server.Pki("issuing.pem"), "-key", server.Pki("server.key"),
            "-pass", "file:" + Path.Combine(server.DataDirectory, "passphrase"),
            "-CAfile", server.Pki("chain.pem"), "-Verify", "3", "-verify_return_error",
        ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var peer = CutShort.Start(start);
        peer.BeginOutputReadLine();
        peer.BeginErrorReadLine();
        return peer;
    }
}
