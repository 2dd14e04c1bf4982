using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Provisioning.Interop.Renewals;

namespace Provisioning.Benchmarks;

/// <summary>
/// A device that was switched on after a day without a service, and does what the README wants of devices ("When to come back"): one connection for each
/// attempt; the first one after a random part of a minute; then not before the time that the service has said, and up to a minute after
/// it; or, told no time, after a random part of a minute, of two, of four, up to an hour.
/// </summary>
/// <param name="port">The service.</param>
/// <param name="tls">Whom all devices trust.</param>
/// <param name="device">Its certificate, and the request for the next one.</param>
/// <param name="place">Which one of the fleet: it tells its address.</param>
/// <param name="sockets">This machine has no more of them.</param>
/// <param name="turns">When it computes.</param>
/// <param name="curve">Counts.</param>
internal sealed class OutageDevice(
    int port, DeviceTls tls, Device device, int place, SemaphoreSlim sockets, DeviceTurns turns, OutageCurve curve)
{
    /// <summary>How many connections are tried at once, of all devices: what one process may open.</summary>
    internal const int Sockets = 14_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    // As a device has it: made once, not for each attempt.
    private readonly SafeEvpPKeyHandle _key = ((ECDsaOpenSsl)device.Certificate.GetECDsaPrivateKey()!).DuplicateKeyHandle();

    private readonly byte[] _request =
    [
        .. Encoding.ASCII.GetBytes(
            $"POST /api/v1/renewals HTTP/1.1\r\nHost: {DeviceConnection.Host}\r\nConnection: close\r\nContent-Type: application/pkcs10\r\n"
            + $"Accept: application/pkix-cert\r\nContent-Length: {device.Next.Request.Length}\r\n\r\n"),
        .. device.Next.Request,
    ];

    internal async Task RunAsync()
    {
        await Task.Delay(SomeOf(First));
        var pause = First;
        while (true)
        {
            var (attempt, told) = await TryAsync();
            curve.Count(attempt);
            if (attempt == OutageCurve.Attempt.Renewed) return;
            await Task.Delay(told is { } asked ? asked + SomeOf(First) : SomeOf(pause));
            pause = told is null ? TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, Longest.Ticks)) : First;
        }
    }

    private static TimeSpan SomeOf(TimeSpan pause) => pause * Random.Shared.NextDouble();

    private async Task<(OutageCurve.Attempt Attempt, TimeSpan? Told)> TryAsync()
    {
        await sockets.WaitAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return Read(await ExchangeAsync(patience.Token));
        }
        catch (OperationCanceledException)
        {
            return (OutageCurve.Attempt.TimedOut, null);
        }
        catch (Exception problem) when (problem is IOException or SocketException or AuthenticationException)
        {
            return (OutageCurve.Attempt.Closed, null);
        }
        finally
        {
            sockets.Release();
        }
    }

    private async Task<string> ExchangeAsync(CancellationToken ct)
    {
        using var connection = await DeviceConnection.OpenAsync(port, place, tls, device.Certificate, _key, turns, ct);
        return Encoding.ASCII.GetString(await connection.ExchangeAsync(_request, ct));
    }

    private static (OutageCurve.Attempt Attempt, TimeSpan? Told) Read(string answer)
    {
        if (answer.StartsWith("HTTP/1.1 201 ", StringComparison.Ordinal)) return (OutageCurve.Attempt.Renewed, null);
        if (answer.Length == 0) return (OutageCurve.Attempt.Closed, null);
        if (!answer.StartsWith("HTTP/1.1 503 ", StringComparison.Ordinal)) throw new InvalidOperationException(answer);
        const string name = "\r\nRetry-After: ";
        var at = answer.IndexOf(name, StringComparison.Ordinal) + name.Length;
        var seconds = int.Parse(answer[at..answer.IndexOf('\r', at)], CultureInfo.InvariantCulture);
        return (OutageCurve.Attempt.Later, TimeSpan.FromSeconds(seconds));
    }
}
