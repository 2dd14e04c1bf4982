using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop.Renewals;

/// <summary>One connection of a device, for one request: what it computes from what has come, it computes in its turn.</summary>
internal sealed partial class DeviceConnection : IDisposable
{
    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";
    private const int WantsToRead = 2;
    private const int ZeroReturn = 6;
    private const int Success = 1;
    private const int SetHostName = 55;
    private const int Record = 16 * 1024;

    /// <summary>Whom every device wants to talk to.</summary>
    internal const string Host = "localhost";

    private readonly Socket _socket;
    private readonly DeviceTurns _turns;
    private readonly nint _ssl;
    private readonly nint _in;
    private readonly nint _out;
    private readonly byte[] _buffer = new byte[Record];

    private DeviceConnection(Socket socket, DeviceTls tls, X509Certificate2 certificate, SafeEvpPKeyHandle key, DeviceTurns turns)
    {
        (_socket, _turns) = (socket, turns);
        _ssl = New(tls.Context);
        (_in, _out) = (NewBio(MemoryBio()), NewBio(MemoryBio()));
        SetBios(_ssl, _in, _out);
        SetConnectState(_ssl);
        if (UseCertificate(_ssl, certificate.Handle) != Success || UsePrivateKey(_ssl, key.DangerousGetHandle()) != Success
            || SetHost(_ssl, Host) != Success || Control(_ssl, SetHostName, 0, Host) != Success)
        {
            throw new InvalidOperationException("OpenSSL does not take the device's certificate.");
        }
    }

    /// <summary>Connects; the handshake comes with the request.</summary>
    /// <param name="port">The service's, on this machine.</param>
    /// <param name="place">Which one of the fleet the device is: it tells its address, as one has not ports enough for all of them.</param>
    /// <param name="tls">Of all devices.</param>
    /// <param name="certificate">The device's.</param>
    /// <param name="key">Its key.</param>
    /// <param name="turns">When it computes.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The connection; the caller owns it, and still owns the certificate and the key.</returns>
    /// <exception cref="SocketException">Nobody is there.</exception>
    internal static async Task<DeviceConnection> OpenAsync(
        int port, int place, DeviceTls tls, X509Certificate2 certificate, SafeEvpPKeyHandle key, DeviceTurns turns, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (place % 200))]), 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), ct);
            return new DeviceConnection(socket, tls, certificate, key, turns);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks, and reads the answer to its end.</summary>
    /// <returns>The answer; empty when there was none.</returns>
    /// <exception cref="AuthenticationException">The handshake failed.</exception>
    internal async Task<byte[]> ExchangeAsync(byte[] request, CancellationToken ct)
    {
        var answer = new MemoryStream();
        var isThrough = Shake(request);
        await SendAsync(ct);
        while (true)
        {
            var length = await _socket.ReceiveAsync(_buffer, ct);
            if (length == 0) return answer.ToArray();
            await _turns.EnterAsync(ct);
            bool isOver;
            try
            {
                if (WriteBio(_in, _buffer, length) != length) throw new InvalidOperationException("OpenSSL has no memory.");
                isThrough = isThrough || Shake(request);
                isOver = isThrough && Read(answer);
            }
            finally
            {
                _turns.Leave();
            }

            await SendAsync(ct);
            if (isOver) return answer.ToArray();
        }
    }

    public void Dispose()
    {
        Free(_ssl);
        _socket.Dispose();
    }

    // The request goes out with the last message of the handshake.
    private bool Shake(byte[] request)
    {
        ClearErrors();
        var result = DoHandshake(_ssl);
        if (result != Success)
            return ErrorOf(_ssl, result) == WantsToRead ? false : throw new AuthenticationException("The handshake failed.");
        return Write(_ssl, request, request.Length) == request.Length ? true : throw new IOException("The request cannot be sent.");
    }

    // True when the service has said all.
    private bool Read(MemoryStream answer)
    {
        while (true)
        {
            ClearErrors();
            var length = Read(_ssl, _buffer, _buffer.Length);
            if (length > 0)
            {
                answer.Write(_buffer, 0, length);
                continue;
            }

            return ErrorOf(_ssl, length) switch
            {
                WantsToRead => false,
                ZeroReturn => true,
                _ => throw new IOException("The answer broke off."),
            };
        }
    }

    private async Task SendAsync(CancellationToken ct)
    {
        while (ReadBio(_out, _buffer, _buffer.Length) is > 0 and var length)
        {
            for (var sent = 0; sent < length;) sent += await _socket.SendAsync(_buffer.AsMemory(sent, length - sent), ct);
        }
    }

    [LibraryImport(Ssl, EntryPoint = "SSL_new")]
    private static partial nint New(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_free")]
    private static partial void Free(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_set_bio")]
    private static partial void SetBios(nint ssl, nint read, nint write);

    [LibraryImport(Ssl, EntryPoint = "SSL_set_connect_state")]
    private static partial void SetConnectState(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_use_certificate")]
    private static partial int UseCertificate(nint ssl, nint certificate);

    [LibraryImport(Ssl, EntryPoint = "SSL_use_PrivateKey")]
    private static partial int UsePrivateKey(nint ssl, nint key);

    [LibraryImport(Ssl, EntryPoint = "SSL_set1_host", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetHost(nint ssl, string host);

    [LibraryImport(Ssl, EntryPoint = "SSL_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Control(nint ssl, int command, nint number, string text);

    [LibraryImport(Ssl, EntryPoint = "SSL_do_handshake")]
    private static partial int DoHandshake(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_get_error")]
    private static partial int ErrorOf(nint ssl, int result);

    [LibraryImport(Ssl, EntryPoint = "SSL_write")]
    private static partial int Write(nint ssl, byte[] bytes, int length);

    [LibraryImport(Ssl, EntryPoint = "SSL_read")]
    private static partial int Read(nint ssl, byte[] bytes, int length);

    [LibraryImport(Crypto, EntryPoint = "BIO_s_mem")]
    private static partial nint MemoryBio();

    [LibraryImport(Crypto, EntryPoint = "BIO_new")]
    private static partial nint NewBio(nint method);

    [LibraryImport(Crypto, EntryPoint = "BIO_write")]
    private static partial int WriteBio(nint bio, byte[] bytes, int length);

    [LibraryImport(Crypto, EntryPoint = "BIO_read")]
    private static partial int ReadBio(nint bio, byte[] bytes, int length);

    [LibraryImport(Crypto, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();
}
