using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Provisioning.Core.Encoding;

/// <summary>A JSON Web Signature in its compact form (RFC 7515 §3.1, §7.1), with ES256 (RFC 7518 §3.4). Made and read here, nothing more.</summary>
/// <param name="Header">The protected header, JSON.</param>
/// <param name="Payload">What is signed.</param>
/// <param name="Signature">R and S, 32 octets each.</param>
internal sealed record CompactJws(byte[] Header, byte[] Payload, byte[] Signature)
{
    private const int SignatureLength = 64;

    /// <summary>Signs.</summary>
    /// <param name="header">The protected header, JSON in UTF-8; must say <c>"alg":"ES256"</c>.</param>
    /// <param name="payload">What is signed.</param>
    /// <param name="key">A key on P-256.</param>
    /// <returns>The text.</returns>
    internal static string Sign(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ECDsa key)
    {
        var input = Base64Url.EncodeToString(header) + "." + Base64Url.EncodeToString(payload);
        var signature = key.SignData(System.Text.Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return input + "." + Base64Url.EncodeToString(signature);
    }

    /// <summary>Takes a text apart.</summary>
    /// <param name="text">Three parts in base64url without padding.</param>
    /// <param name="jws">The parts; not verified.</param>
    /// <returns>False when it is none, or not in the one spelling that <see cref="Sign"/> writes.</returns>
    internal static bool TryParse(string text, [NotNullWhen(true)] out CompactJws? jws)
    {
        jws = null;
        if (text.Split('.') is not [var header, var payload, var signature]) return false;
        if (Decode(header) is not { } h || Decode(payload) is not { } p || Decode(signature) is not { Length: SignatureLength } s) return false;
        jws = new CompactJws(h, p, s);
        return true;
    }

    /// <summary>Verifies the signature.</summary>
    /// <param name="key">The key that is said to have signed.</param>
    /// <returns>True when it is good.</returns>
    internal bool IsSignedBy(ECDsa key)
    {
        var input = Base64Url.EncodeToString(Header) + "." + Base64Url.EncodeToString(Payload);
        return key.VerifyData(
            System.Text.Encoding.ASCII.GetBytes(input), Signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    // Base64 has spare bits at the end, which another text with the same octets could set: that would be another file.
    private static byte[]? Decode(string part)
    {
        if (!Base64Url.IsValid(part)) return null;
        var octets = Base64Url.DecodeFromChars(part);
        return Base64Url.EncodeToString(octets) == part ? octets : null;
    }
}
