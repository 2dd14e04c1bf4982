using System.Formats.Asn1;
using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Utilities.Collections;
using Org.BouncyCastle.X509;
using Provisioning.Core.Lots;
using Cms = Org.BouncyCastle.Asn1.Cms;

namespace Provisioning.Est;

/// <summary>The form in which a key is encrypted (RFC 7030 §4.4.2): an AsymmetricKeyPackage (RFC 5958 §2), signed by the service that made the key.</summary>
internal static class SignedKey
{
    // id-ct-KP-aKeyPackage
    private static readonly DerObjectIdentifier KeyPackage = new("2.16.840.1.101.2.1.2.78.5");

    /// <summary>Signs a key.</summary>
    /// <param name="pkcs8">The key, DER.</param>
    /// <param name="signer">What signs.</param>
    /// <returns>SignedData (RFC 5652 §5.1) without its ContentInfo, DER; the caller wipes it.</returns>
    internal static byte[] Write(ReadOnlySpan<byte> pkcs8, KeyInUse signer)
    {
        var package = new AsnWriter(AsnEncodingRules.DER);
        using (package.PushSequence()) package.WriteEncodedValue(pkcs8);
        var content = package.Encode();
        package.Reset();
        try
        {
            var (certificate, issuer) = (Read(signer.Certificate), Read(signer.Issuer));
            var generator = new CmsSignedDataGenerator();
            var at = new Cms.AttributeTable(new DerSet(new Cms.Attribute(Cms.CmsAttributes.SigningTime, new DerSet(new Cms.Time(signer.At.UtcDateTime)))));
            generator.AddSignerInfoGenerator(new SignerInfoGeneratorBuilder()
                .WithSignedAttributeGenerator(new DefaultSignedAttributeTableGenerator(at)).Build(new Factory(signer.Sign), certificate));
            generator.AddCertificates(CollectionUtilities.CreateStore([certificate, issuer]));
            var signed = generator.Generate(new CmsProcessableByteArray(KeyPackage, content), encapsulate: true);
            return signed.ContentInfo.Content.ToAsn1Object().GetEncoded(Asn1Encodable.Der);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static X509Certificate Read(ReadOnlyMemory<byte> der) => new X509CertificateParser().ReadCertificate(der.ToArray());

    // Signs with the platform's key, which nobody else has.
    private sealed class Factory(SignOctets sign) : ISignatureFactory
    {
        public object AlgorithmDetails { get; } = new AlgorithmIdentifier(X9ObjectIdentifiers.ECDsaWithSha256);

        public IStreamCalculator<IBlockResult> CreateCalculator() => new Calculator(sign);
    }

    private sealed class Calculator(SignOctets sign) : IStreamCalculator<IBlockResult>, IDisposable
    {
        private readonly MemoryStream _signed = new();

        public Stream Stream => _signed;

        public IBlockResult GetResult() => new SimpleBlockResult(sign(_signed.ToArray()));

        public void Dispose() => _signed.Dispose();
    }
}
