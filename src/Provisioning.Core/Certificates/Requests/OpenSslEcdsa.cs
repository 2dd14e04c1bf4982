using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

using Provisioning.Core.Certificates.KeyChecks;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Verifies one ECDSA signature by a key that was never seen before, with the functions of the OpenSSL that the platform itself
/// has loaded. The platform's own import costs more than the verification does: it multiplies the point by the order of its
/// group, which proves nothing on curves whose cofactor is 1 (SP 800-56A r3 §5.6.2.3.4), and its kind of handle is converted
/// once more inside OpenSSL 3. None of the functions used here is deprecated, and each has been there since OpenSSL 3.0.
/// </summary>
internal static partial class OpenSslEcdsa
{
    private const string Library = "libcrypto.so.3";
    private const int Success = 1;

    // One key of each curve, from which the others take their parameters. Never freed: the process needs them to its end.
    private static readonly FrozenDictionary<KeyAlgorithm, nint>? Templates = TryMakeTemplates();

    /// <summary>False where the platform uses another library or another major version of it.</summary>
    internal static bool IsAvailable => Templates is not null;

    /// <summary>Verifies.</summary>
    /// <param name="curve">The curve of the key.</param>
    /// <param name="point">The key: an uncompressed point.</param>
    /// <param name="digest">What was signed, hashed.</param>
    /// <param name="signature">The signature, in DER.</param>
    /// <returns>True when the signature is good.</returns>
    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    internal static bool Verify(
        NamedCurve curve, ReadOnlySpan<byte> point, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var key = NewKey();
        try
        {
            if (CopyParameters(key, Templates![curve.Algorithm]) != Success)
                throw new CryptographicException("OpenSSL cannot copy the parameters of a curve.");
            if (SetEncodedPublicKey(key, point, (nuint)point.Length) != Success)
                throw new CryptographicException("The point is not on its curve.");
            return Verify(key, digest, signature);
        }
        finally
        {
            FreeKey(key);
            // What went wrong here must not be taken for a failure of whatever this thread does next.
            ClearErrors();
        }
    }

    private static bool Verify(nint key, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var context = NewContext(0, key, 0);
        try
        {
            return VerifyInit(context) == Success
                && Verify(context, signature, (nuint)signature.Length, digest, (nuint)digest.Length) == Success;
        }
        finally
        {
            FreeContext(context);
        }
    }

    private static FrozenDictionary<KeyAlgorithm, nint>? TryMakeTemplates()
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            // Asking for the version makes the platform load and initialize the library; ours must be the same.
            if (SafeEvpPKeyHandle.OpenSslVersion >> 28 != 3) return null;
            return NamedCurve.All.ToFrozenDictionary(curve => curve.Algorithm, MakeTemplate);
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException
            or CryptographicException or PlatformNotSupportedException)
        {
            // Linked in some other way, or without one of the curves: the platform's own functions do the same, more slowly.
            return null;
        }
    }

    private static unsafe nint MakeTemplate(NamedCurve curve)
    {
        using var some = ECDsa.Create(ECCurve.CreateFromOid(curve.Identifier));
        var encoded = some.ExportSubjectPublicKeyInfo();
        fixed (byte* start = encoded)
        {
            var next = start;
            var key = ReadPublicKey(0, &next, encoded.Length);
            return key != 0 ? key : throw new CryptographicException("OpenSSL cannot read a public key.");
        }
    }

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewKey();

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeKey(nint key);

    [LibraryImport(Library, EntryPoint = "d2i_PUBKEY")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint ReadPublicKey(nint reused, byte** next, nint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_copy_parameters")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CopyParameters(nint to, nint from);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_set1_encoded_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEncodedPublicKey(nint key, ReadOnlySpan<byte> point, nuint length);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_new_from_pkey")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewContext(nint libraryContext, nint key, nint properties);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_verify_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int VerifyInit(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_PKEY_verify")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Verify(
        nint context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> digest, nuint digestLength);

    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void ClearErrors();
}
