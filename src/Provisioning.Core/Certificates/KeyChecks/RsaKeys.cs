using System.Formats.Asn1;

using Provisioning.Core.Certificates.KeySearch;
using Provisioning.Core.Encoding;

namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>RSA keys, out of certificates that were issued here.</summary>
internal static class RsaKeys
{
    private static readonly Asn1Tag Version = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <summary>Reads the key of a certificate.</summary>
    /// <param name="issued">The certificate.</param>
    /// <param name="key">The key, or null when it is of another kind.</param>
    /// <returns>False when the certificate cannot be read, or its key is not the one that the registry says.</returns>
    public static bool TryRead(IssuedKey issued, out RsaModulus? key)
    {
        key = null;
        if (ReadKeyInfo(issued.Der.Span) is not { } encoded) return false;
        if (SubjectPublicKeyReader.Read(encoded, out var facts) is not null) return false;
        if (Digest.Of(facts.SubjectPublicKeyInfo) != issued.KeyThumbprint) return false;
        if (facts.IsRsa) key = new RsaModulus(0, issued.DeviceId, issued.KeyThumbprint, facts.Modulus);
        return true;
    }

    /// <summary>Tells whether a modulus is still the one that was certified.</summary>
    /// <param name="key">The key.</param>
    /// <returns>True when its thumbprint is that of the key.</returns>
    public static bool IsIntact(RsaModulus key) =>
        key.Modulus.Length is 256 or 384 or 512 && (key.Modulus.Span[0] & 0x80) != 0
        && Digest.Of(SubjectPublicKeyReader.EncodeRsa(key.Modulus.Span)) == key.KeyThumbprint;

    // RFC 5280 §4.1.
    private static byte[]? ReadKeyInfo(ReadOnlySpan<byte> der)
    {
        try
        {
            var file = new DerReader(der);
            var certificate = file.ReadSequence();
            var content = certificate.ReadSequence();
            if (content.NextIs(Version)) content.ReadEncoded();
            content.ReadInteger();

            // The algorithm, the issuer, the validity, the subject.
            for (var field = 0; field < 4; field++) content.ReadEncoded();
            return content.ReadEncoded().ToArray();
        }
        catch (AsnContentException)
        {
            // Thrown by the framework's primitives; somebody has damaged what was recorded.
            return null;
        }
    }
}
