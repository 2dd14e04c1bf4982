using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Cli.Keys;

/// <summary>A certification request (RFC 2986) and the public key in it.</summary>
/// <param name="Pem">The request, PEM.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo, DER.</param>
internal sealed record RequestFile(string Pem, ReadOnlyMemory<byte> PublicKey)
{
    private const string Label = "CERTIFICATE REQUEST";

    // Several times what the service reads.
    private const int MaxLength = 64 * 1024;

    /// <summary>Reads a request, PEM or DER.</summary>
    internal static RequestFile Read(string path)
    {
        try
        {
            return Load(path);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            throw FailureException.Usage(
                $"'{path}' is not a PKCS#10 request in PEM or DER: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>
    /// Reads a request, PEM or DER. Of the file nothing else is taken: the private key may be in it too, and stays where it is.
    /// </summary>
    /// <exception cref="CryptographicException">There is none in it.</exception>
    internal static RequestFile Load(string path)
    {
        var bytes = ReadAll(path);
        return TryLoad(bytes) ?? LoadPem(System.Text.Encoding.ASCII.GetString(bytes));
    }

    /// <summary>Reads a request from a text: PEM, or the base64 of the DER.</summary>
    /// <exception cref="CryptographicException">There is none in it.</exception>
    internal static RequestFile LoadText(string text)
    {
        var der = new byte[text.Length];
        return Convert.TryFromBase64String(text, der, out var length) && TryLoad(der.AsSpan(0, length)) is { } request ? request : LoadPem(text);
    }

    private static RequestFile LoadPem(ReadOnlySpan<char> text)
    {
        while (PemEncoding.TryFind(text, out var fields))
        {
            if (text[fields.Label] is Label or "NEW " + Label)
            {
                return TryLoad(Convert.FromBase64String(text[fields.Base64Data].ToString()))
                    ?? throw new CryptographicException("What is marked as a certification request in it is none, or has something behind it.");
            }

            text = text[fields.Location.End..];
        }

        throw new CryptographicException("There is no certification request in it.");
    }

    // The whole of it, because a private key, a certificate and a .p12 file begin with the same octet, and must not leave this machine. Whether
    // the proof of possession holds is the service's to say.
    private static RequestFile? TryLoad(ReadOnlySpan<byte> der)
    {
        if (der is not [0x30, ..]) return null;
        try
        {
            var request = CertificateRequest.LoadSigningRequest(
                der, HashAlgorithmName.SHA256, out var length, CertificateRequestLoadOptions.SkipSignatureValidation);
            return length == der.Length
                ? new RequestFile(PemEncoding.WriteString(Label, der) + "\n", request.PublicKey.ExportSubjectPublicKeyInfo())
                : null;
        }
        catch (CryptographicException)
        {
            // The caller says so.
            return null;
        }
    }

    private static byte[] ReadAll(string path)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[MaxLength + 1];
        var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= MaxLength ? buffer[..length] : throw new CryptographicException($"It is longer than {MaxLength} octets, as no request is.");
    }

    /// <summary>Reads the request that was stored beside a key.</summary>
    /// <returns>Null when there is none for this key; then another one is made.</returns>
    internal static RequestFile? TryRead(string path, DeviceKey key)
    {
        if (!File.Exists(path)) return null;
        var stored = Read(path);
        return key.Matches(stored.PublicKey.Span) ? stored : null;
    }
}
