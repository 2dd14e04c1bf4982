using System.Security.Cryptography.X509Certificates;
using System.Text;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Cms;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.Crypto.Parameters;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Enrollment;
using X509CertificateParser = Org.BouncyCastle.X509.X509CertificateParser;

namespace Provisioning.Est;

/// <summary>
/// Whom a key that is made here is encrypted for, beside TLS (RFC 7030 §4.4.1): who holds the key of the client certificate, or who knows the
/// token. Found before anything is issued, so that nothing is issued that could not be delivered.
/// </summary>
internal sealed class KeyEnvelope
{
    private const string RsaOaep = "RSA/NONE/OAEPWithSHA256AndMGF1Padding";

    // AES in CBC mode, which every CMS reader has: the strongest that the device names, and 256 bits where it names none.
    private static readonly string[] Ciphers = ["2.16.840.1.101.3.4.1.42", "2.16.840.1.101.3.4.1.22", "2.16.840.1.101.3.4.1.2"];

    private readonly Action<CmsEnvelopedDataGenerator> _addRecipient;
    private readonly string _cipher;

    private KeyEnvelope(Action<CmsEnvelopedDataGenerator> addRecipient, string cipher) => (_addRecipient, _cipher) = (addRecipient, cipher);

    /// <summary>Finds out whether a key can be protected as a request asks.</summary>
    /// <param name="asked">What it asks for.</param>
    /// <param name="token">The token that the caller showed, or null.</param>
    /// <param name="certificate">The certificate that the caller showed, or null.</param>
    /// <returns>How; or <see cref="RefusalCode.KeyProtection"/>.</returns>
    internal static Outcome<KeyEnvelope> Find(KeyProtection asked, TokenText? token, X509Certificate2? certificate)
    {
        var cipher = asked.Capabilities.Count == 0 ? Ciphers[0] : Ciphers.FirstOrDefault(asked.Capabilities.Contains);
        if (cipher is null) return Refuse("None of the algorithms that the request names is AES in CBC mode, with 128, 192 or 256 bits.");
        if (asked.IsSymmetric)
        {
            return token is not null && Encoding.ASCII.GetBytes(token.Id) is var id && id.AsSpan().SequenceEqual(asked.KeyIdentifier.Span)
                ? new KeyEnvelope(
                    generator => generator.AddKekRecipient("AES256", new KeyParameter(token.DeriveKey("provisioning est serverkeygen"u8)), id), cipher)
                : Refuse("DecryptKeyIdentifier is not the ID of the enrollment token that the request came with.");
        }

        return certificate is not null && IdOf(certificate).AsSpan().SequenceEqual(asked.KeyIdentifier.Span)
            ? RecipientOf(certificate) is { } recipient ? new KeyEnvelope(recipient, cipher) : Refuse("Nothing is encrypted for keys like that of the client certificate.")
            : Refuse("AsymmetricDecryptKeyIdentifier is not the subjectKeyIdentifier of the client certificate that the request came with.");
    }

    /// <summary>Encrypts.</summary>
    /// <param name="signedKey">The SignedData that holds the key, DER.</param>
    /// <returns>ContentInfo with EnvelopedData, DER.</returns>
    internal byte[] Seal(byte[] signedKey)
    {
        var generator = new CmsEnvelopedDataGenerator();
        _addRecipient(generator);
        return generator.Generate(new CmsProcessableByteArray(CmsObjectIdentifiers.SignedData, signedKey), new DerObjectIdentifier(_cipher))
            .ContentInfo.GetEncoded(Asn1Encodable.Der);
    }

    private static byte[] IdOf(X509Certificate2 certificate) =>
        (certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()
            ?? new X509SubjectKeyIdentifierExtension(certificate.PublicKey, critical: false)).SubjectKeyIdentifierBytes.ToArray();

    private static Action<CmsEnvelopedDataGenerator>? RecipientOf(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPublicKey();
        using var ec = certificate.GetECDsaPublicKey();
        if (ec is not null) return ec.KeySize < 256 ? null : generator => generator.AddRecipientInfoGenerator(new KeyAgreement(certificate));
        if (rsa is not { KeySize: >= 2048 }) return null;
        var recipient = new X509CertificateParser().ReadCertificate(certificate.RawData);
        return generator => generator.AddKeyTransRecipient(RsaOaep, recipient);
    }

    private static Refusal Refuse(string detail) => new(RefusalCode.KeyProtection, detail);
}
