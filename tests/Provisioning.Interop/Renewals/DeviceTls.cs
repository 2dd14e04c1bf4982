using System.Runtime.InteropServices;

namespace Provisioning.Interop.Renewals;

/// <summary>
/// The devices' side of TLS, by OpenSSL itself. A device does what its own firmware needs, and no more; SslStream makes a context for each
/// connection and builds a chain on top of OpenSSL's, which on the server's own processors would be most of the work.
/// </summary>
internal sealed partial class DeviceTls : IDisposable
{
    private const string Ssl = "libssl.so.3";
    private const int VerifyPeer = 1;
    private const int Success = 1;

    /// <summary>Makes what all devices have in common.</summary>
    /// <param name="rootFile">The one certificate that they trust, PEM.</param>
    internal DeviceTls(string rootFile)
    {
        Context = NewContext(ClientMethod());
        if (Context == 0 || LoadVerifyFile(Context, rootFile) != Success) throw new InvalidOperationException("OpenSSL cannot be set up.");
        SetVerify(Context, VerifyPeer, 0);
    }

    /// <summary>An <c>SSL_CTX</c>.</summary>
    internal nint Context { get; }

    public void Dispose() => FreeContext(Context);

    [LibraryImport(Ssl, EntryPoint = "TLS_client_method")]
    private static partial nint ClientMethod();

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_new")]
    private static partial nint NewContext(nint method);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_load_verify_file", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LoadVerifyFile(nint context, string file);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_set_verify")]
    private static partial void SetVerify(nint context, int mode, nint callback);
}
