using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Provisioning.Benchmarks;

/// <summary>
/// A device as the firmware sample is after a day without a service: one connection for each attempt, a pause of half a minute to a minute
/// between them, and never before the time that the service has said.
/// </summary>
/// <param name="port">The service.</param>
/// <param name="trust">What it trusts.</param>
/// <param name="device">Its certificate, and the request for the next one.</param>
/// <param name="place">Which one of the fleet: it tells its address.</param>
/// <param name="sockets">This machine has no more of them.</param>
/// <param name="turns">When it computes.</param>
/// <param name="curve">Counts.</param>
internal sealed class OutageDevice(
    int port, SslClientAuthenticationOptions trust, Device device, int place, SemaphoreSlim sockets, OutageTurns turns, OutageCurve curve)
{
    /// <summary>How many connections are tried at once, of all devices: what one process may open.</summary>
    internal const int Sockets = 14_000;

    private const int AnswersUpTo = 16 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    // As a device has it: made once, not for each attempt.
    private readonly SslClientAuthenticationOptions _tls = new()
    {
        TargetHost = trust.TargetHost,
        AllowTlsResume = false,
        CertificateChainPolicy = trust.CertificateChainPolicy,
        ClientCertificateContext = SslStreamCertificateContext.Create(device.Certificate, null, offline: true),
    };

    private readonly byte[] _request =
    [
        .. Encoding.ASCII.GetBytes(
            $"POST /api/v1/renewals HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/pkcs10\r\n"
            + $"Accept: application/pkix-cert\r\nContent-Length: {device.Next.Request.Length}\r\n\r\n"),
        .. device.Next.Request,
    ];

    internal async Task RunAsync()
    {
        // Where in its pause the outage's end finds it.
        await Task.Delay(Pause * Random.Shared.NextDouble());
        while (true)
        {
            var (attempt, wait) = await TryAsync();
            curve.Count(attempt);
            if (attempt == OutageCurve.Attempt.Renewed) return;
            var own = (Pause / 2) + (Pause / 2 * Random.Shared.NextDouble());
            await Task.Delay(wait > own ? wait : own);
        }
    }

    private async Task<(OutageCurve.Attempt Attempt, TimeSpan Wait)> TryAsync()
    {
        await sockets.WaitAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return Read(await ExchangeAsync(patience.Token));
        }
        catch (OperationCanceledException)
        {
            return (OutageCurve.Attempt.TimedOut, TimeSpan.Zero);
        }
        catch (Exception problem) when (problem is IOException or SocketException or AuthenticationException)
        {
            return (OutageCurve.Attempt.Closed, TimeSpan.Zero);
        }
        finally
        {
            sockets.Release();
        }
    }

    private async Task<string> ExchangeAsync(CancellationToken ct)
    {
        // One address has not ports enough for a fleet.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (place % 200))]), 0));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), ct);
        await using var stream = new SslStream(new OutageStream(socket, turns));
        await stream.AuthenticateAsClientAsync(_tls, ct);
        await stream.WriteAsync(_request, ct);
        var answer = new byte[AnswersUpTo];
        var length = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, ct);
        return Encoding.ASCII.GetString(answer, 0, length);
    }

    private static (OutageCurve.Attempt Attempt, TimeSpan Wait) Read(string answer)
    {
        if (answer.StartsWith("HTTP/1.1 201 ", StringComparison.Ordinal)) return (OutageCurve.Attempt.Renewed, TimeSpan.Zero);
        if (answer.Length == 0) return (OutageCurve.Attempt.Closed, TimeSpan.Zero);
        if (!answer.StartsWith("HTTP/1.1 503 ", StringComparison.Ordinal)) throw new InvalidOperationException(answer);
        const string name = "\r\nRetry-After: ";
        var at = answer.IndexOf(name, StringComparison.Ordinal) + name.Length;
        var seconds = int.Parse(answer[at..answer.IndexOf('\r', at)], CultureInfo.InvariantCulture);
        return (OutageCurve.Attempt.Later, TimeSpan.FromSeconds(seconds));
    }
}
