using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Benchmarks;

/// <summary>One connection of a device: what it computes from what has come, it computes in its turn.</summary>
internal sealed partial class OutageConnection : IDisposable
{
    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";
    private const int WantsToRead = 2;
    private const int ZeroReturn = 6;
    private const int Success = 1;
    private const int SetHostName = 55;
    private const int Record = 16 * 1024;
    private readonly Socket _socket;
    private readonly OutageTurns _turns;
    private readonly nint _ssl;
    private readonly nint _in;
    private readonly nint _out;
    private readonly byte[] _buffer = new byte[Record];

    /// <summary>Prepares one.</summary>
    /// <param name="socket">Connected; the caller owns it.</param>
    /// <param name="tls">Of all devices.</param>
    /// <param name="certificate">The device's.</param>
    /// <param name="key">Its key.</param>
    /// <param name="host">Whom it wants to talk to.</param>
    /// <param name="turns">When it computes.</param>
    internal OutageConnection(Socket socket, OutageTls tls, X509Certificate2 certificate, SafeEvpPKeyHandle key, string host, OutageTurns turns)
    {
        (_socket, _turns) = (socket, turns);
        _ssl = New(tls.Context);
        (_in, _out) = (NewBio(MemoryBio()), NewBio(MemoryBio()));
        SetBios(_ssl, _in, _out);
        SetConnectState(_ssl);
        if (UseCertificate(_ssl, certificate.Handle) != Success || UsePrivateKey(_ssl, key.DangerousGetHandle()) != Success
            || SetHost(_ssl, host) != Success || Control(_ssl, SetHostName, 0, host) != Success)
        {
            throw new InvalidOperationException("OpenSSL does not take the device's certificate.");
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

    public void Dispose() => Free(_ssl);

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
