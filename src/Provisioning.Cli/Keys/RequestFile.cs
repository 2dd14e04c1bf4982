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
            return Parse(ReadPem(path));
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            throw FailureException.Usage(
                $"'{path}' is not a PKCS#10 request in PEM or DER: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>
    /// Reads a request, PEM or DER, as PEM. Of the file nothing else is taken: the private key may be in it too, and stays where it is.
    /// </summary>
    /// <exception cref="CryptographicException">There is none in it.</exception>
    internal static string ReadPem(string path)
    {
        var bytes = ReadStart(path);
        if (bytes is [0x30, ..]) return PemEncoding.WriteString(Label, bytes);
        var text = System.Text.Encoding.ASCII.GetString(bytes).AsSpan();
        while (PemEncoding.TryFind(text, out var fields))
        {
            if (text[fields.Label] is Label or "NEW " + Label)
                return PemEncoding.WriteString(Label, Convert.FromBase64String(text[fields.Base64Data].ToString())) + "\n";
            text = text[fields.Location.End..];
        }

        throw new CryptographicException("There is no certification request in it.");
    }

    private static byte[] ReadStart(string path)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[MaxLength];
        return buffer[..file.ReadAtLeast(buffer, MaxLength, throwOnEndOfStream: false)];
    }

    /// <summary>Reads the request that was stored beside a key.</summary>
    /// <returns>Null when there is none for this key; then another one is made.</returns>
    internal static RequestFile? TryRead(string path, DeviceKey key)
    {
        if (!File.Exists(path)) return null;
        var stored = Read(path);
        return key.Matches(stored.PublicKey.Span) ? stored : null;
    }

    /// <summary>Reads a request.</summary>
    /// <exception cref="CryptographicException">It is none.</exception>
    /// <exception cref="ArgumentException">It is not PEM.</exception>
    internal static RequestFile Parse(string pem)
    {
        // Whether the proof of possession holds is the service's to say; here it is only asked which key this is about.
        var request = CertificateRequest.LoadSigningRequestPem(
            pem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.SkipSignatureValidation);
        return new RequestFile(pem, request.PublicKey.ExportSubjectPublicKeyInfo());
    }
}
