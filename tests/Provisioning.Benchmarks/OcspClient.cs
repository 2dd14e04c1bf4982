using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Provisioning.Benchmarks;

/// <summary>Posts OCSP requests over bare sockets, so that the client costs little, and reads each answer to its end.</summary>
internal sealed class OcspClient(int port)
{
    internal const int Connections = 16;

    internal Task AskAsync(byte[][] requests, bool keepsAlive)
    {
        // All of them before the first is sent: what the client does between two requests is taken from the server.
        byte[][] messages = [.. requests.Select(request => Message(request, keepsAlive))];
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            var buffer = new byte[8192];
            Socket? socket = null;
            for (var i = Interlocked.Increment(ref next); i < messages.Length; i = Interlocked.Increment(ref next))
            {
                socket ??= await ConnectAsync();
                await AskAsync(socket, messages[i], buffer);
                if (keepsAlive) continue;
                socket.Dispose();
                socket = null;
            }

            socket?.Dispose();
        })));
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    private static byte[] Message(byte[] request, bool keepsAlive)
    {
        var head = Encoding.ASCII.GetBytes(
            $"POST /ocsp HTTP/1.1\r\nHost: localhost\r\n{(keepsAlive ? "" : "Connection: close\r\n")}Content-Type: application/ocsp-request\r\n"
            + $"Content-Length: {request.Length}\r\n\r\n");
        return [.. head, .. request];
    }

    private static async Task AskAsync(Socket socket, byte[] message, byte[] buffer)
    {
        await socket.SendAsync(message);
        var (read, total) = (0, -1);
        while (total < 0 || read < total)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(read));
            if (got == 0) throw new IOException($"The answer ended after {read} octets.");
            read += got;
            if (total < 0) total = LengthOf(buffer.AsSpan(0, read));
        }
    }

    // Head and body together, or -1 while the head has not come.
    private static int LengthOf(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0) return -1;
        var head = Encoding.ASCII.GetString(answer[..end]);
        if (!head.Contains(" 200 ", StringComparison.Ordinal)) throw new IOException(head);
        var length = head.IndexOf("Content-Length:", StringComparison.OrdinalIgnoreCase) + "Content-Length:".Length;
        var line = head.IndexOf('\r', length);
        var number = head.AsSpan(length, (line < 0 ? head.Length : line) - length).Trim();
        return end + 4 + int.Parse(number, CultureInfo.InvariantCulture);
    }
}
