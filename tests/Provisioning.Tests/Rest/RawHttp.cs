using System.Net.Sockets;
using System.Text;

namespace Provisioning.Tests.Rest;

/// <summary>HTTP as bytes on a socket, for what no client library would send, or would hide.</summary>
internal static class RawHttp
{
    internal static Task<string> PostJsonAsync(Uri address, string path, string body, string caller, string accept) =>
        SendAsync(
        address,
        System.Text.Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + $"{TestCallerHandler.Header}: {caller}\r\nAccept: {accept}\r\n"
            + $"Content-Length: {System.Text.Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    /// <summary>Sends bytes and reads until the server closes.</summary>
    internal static async Task<string> SendAsync(Uri address, byte[] request)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(request, timeout.Token);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, timeout.Token);
        return System.Text.Encoding.UTF8.GetString(answer.ToArray());
    }

    /// <summary>
    /// Sends bytes, as far as the server takes them, and reads until it closes, or has answered.
    /// </summary>
    internal static async Task<string> ExchangeAsync(Uri address, byte[] request, bool toTheEnd)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, timeout.Token);
        var stream = client.GetStream();
        var reading = ReadAsync(stream, toTheEnd, timeout.Token);
        try
        {
            await stream.WriteAsync(request, timeout.Token);
        }
        catch (IOException)
        {
            // The server has closed the connection, as it should.
        }

        return await reading;
    }

    /// <summary>Sends a body in chunks without end, until the server closes or has had enough time.</summary>
    internal static async Task<(string Answer, long Sent)> SendEndlessAsync(Uri address, string head, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(head), timeout.Token);
        var reading = ReadAsync(stream, toTheEnd: true, timeout.Token);
        var chunk = System.Text.Encoding.ASCII.GetBytes($"400\r\n{new string(' ', 1024)}\r\n");
        long sent = 0;
        try
        {
            for (; !reading.IsCompleted; sent += chunk.Length) await stream.WriteAsync(chunk, timeout.Token);
        }
        catch (IOException)
        {
            // The server has closed the connection, as it should.
        }

        return (await reading, sent);
    }

    private static async Task<string> ReadAsync(NetworkStream stream, bool toTheEnd, CancellationToken ct)
    {
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer, ct)) > 0;)
            {
                answer.Append(System.Text.Encoding.UTF8.GetString(buffer, 0, read));
                if (!toTheEnd && IsWhole(answer.ToString())) break;
            }
        }
        catch (IOException)
        {
            // A reset after the answer: what was read counts.
        }

        return answer.ToString();
    }

    private static bool IsWhole(string answer)
    {
        var head = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0) return false;
        var length = answer.Split("\r\n").First(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
        return System.Text.Encoding.UTF8.GetByteCount(answer[(head + 4)..]) >= int.Parse(length["Content-Length: ".Length..], null);
    }
}
