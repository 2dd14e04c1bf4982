using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Provisioning.Est;

/// <summary>
/// A key that was made here and its certificate (RFC 7030 §4.4.2): two parts, the key first. What holds the key is wiped when it is written.
/// </summary>
/// <param name="keyType">The media type of the key's part.</param>
/// <param name="key">The key, PKCS#8 or encrypted; wiped.</param>
/// <param name="certificate">The certs-only message.</param>
internal sealed class KeyAnswer(string keyType, byte[] key, byte[] certificate) : IResult
{
    /// <summary>The type of a key that TLS alone protects.</summary>
    internal const string Plain = "application/pkcs8";

    internal const string Encrypted = "application/pkcs7-mime; smime-type=server-generated-key";

    // 64 characters: libest reads no long lines, and strongSwan, which reads no other, asks for no keys.
    private const int OctetsOfLine = 48;

    // Has a hyphen, which is not in base64, as the parts are; but not in front, where libest passes over all hyphens before it counts its octets.
    private const string Boundary = "provisioning-parts";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var body = Write();
        try
        {
            await EstAnswer.WriteAsync(httpContext, StatusCodes.Status200OK, "multipart/mixed; boundary=" + Boundary, body);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private byte[] Write()
    {
        var (first, second, end) = (Head(keyType), Head(EstAnswer.CertsOnly), Encoding.ASCII.GetBytes($"--{Boundary}--\r\n"));
        var body = new byte[first.Length + LengthOf(key) + second.Length + LengthOf(certificate) + end.Length];
        var length = 0;
        Append(first);
        AppendBase64(key);
        Append(second);
        AppendBase64(certificate);
        Append(end);
        return body;

        void Append(byte[] octets)
        {
            octets.CopyTo(body, length);
            length += octets.Length;
        }

        void AppendBase64(byte[] octets)
        {
            for (var from = 0; from < octets.Length; from += OctetsOfLine)
            {
                var line = octets.AsSpan(from, Math.Min(OctetsOfLine, octets.Length - from));
                Base64.EncodeToUtf8(line, body.AsSpan(length), out _, out var written);
                length += written;
                body[length++] = (byte)'\r';
                body[length++] = (byte)'\n';
            }
        }
    }

    private static int LengthOf(byte[] octets) =>
        Base64.GetMaxEncodedToUtf8Length(octets.Length) + (2 * ((octets.Length + OctetsOfLine - 1) / OctetsOfLine));

    private static byte[] Head(string type) => Encoding.ASCII.GetBytes(
        $"--{Boundary}\r\nContent-Type: {type}\r\n{EstAnswer.TransferEncoding}: base64\r\n\r\n");
}
