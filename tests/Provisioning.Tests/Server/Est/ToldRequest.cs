using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Tests.Server.Est;

/// <summary>A client that makes its request from what csrattrs tells it (RFC 7030 §4.5.2), and from nothing else.</summary>
internal static class ToldRequest
{
    internal static byte[] Make(byte[] csrAttributes, string subject)
    {
        var (curve, bits) = ((string?)null, 0);
        var extensions = new List<X509Extension>();
        for (var told = new AsnReader(csrAttributes, AsnEncodingRules.DER).ReadSequence(); told.HasData;)
        {
            if (told.PeekTag() == Asn1Tag.ObjectIdentifier)
            {
                told.ReadObjectIdentifier();
                continue;
            }

            var attribute = told.ReadSequence();
            var (type, values) = (attribute.ReadObjectIdentifier(), attribute.ReadSetOf());
            if (type == "1.2.840.10045.2.1") curve = values.ReadObjectIdentifier();
            else if (type == "1.2.840.113549.1.1.1") bits = (int)values.ReadInteger();
            else extensions.AddRange(Extensions(values.ReadSequence()));
        }

        return Make(subject, curve, bits, extensions);
    }

    private static byte[] Make(string subject, string? curve, int bits, IEnumerable<X509Extension> extensions)
    {
        using var ec = curve is null ? null : ECDsa.Create(ECCurve.CreateFromValue(curve));
        using var rsa = curve is null ? RSA.Create(bits) : null;
        var request = ec is not null
            ? new CertificateRequest(subject, ec, HashAlgorithmName.SHA256)
            : new CertificateRequest(subject, rsa!, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        foreach (var extension in extensions) request.CertificateExtensions.Add(extension);
        return request.CreateSigningRequest();
    }

    private static IEnumerable<X509Extension> Extensions(AsnReader all)
    {
        while (all.HasData)
        {
            var one = all.ReadSequence();
            var id = one.ReadObjectIdentifier();
            var isCritical = one.PeekTag() == Asn1Tag.Boolean && one.ReadBoolean();
            yield return new X509Extension(id, one.ReadOctetString(), isCritical);
        }
    }
}
