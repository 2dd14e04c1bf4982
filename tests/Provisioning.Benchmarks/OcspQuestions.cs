using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;

namespace Provisioning.Benchmarks;

/// <summary>OCSP requests as <c>openssl ocsp -no_nonce</c> makes them: SHA-1, one certificate.</summary>
internal sealed class OcspQuestions
{
    private readonly byte[] _name;
    private readonly byte[] _key;

    internal OcspQuestions(Authority issuer)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(issuer.Certificate.Span);
#pragma warning disable CA5350 // What clients send.
        (_name, _key) = (SHA1.HashData(issuer.SubjectName.Span), SHA1.HashData(certificate.PublicKey.EncodedKeyValue.RawData));
#pragma warning restore CA5350
    }

    internal byte[] About(byte[] serialNumber)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.3.14.3.2.26");
                writer.WriteNull();
            }

            writer.WriteOctetString(_name);
            writer.WriteOctetString(_key);
            writer.WriteIntegerUnsigned(serialNumber);
        }

        return writer.Encode();
    }
}
