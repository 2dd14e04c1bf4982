using System.Formats.Asn1;

namespace Provisioning.Core.Certificates;

/// <summary>
/// A TBSCertificate taken apart again, so that the lint and the audit judge the bytes and not the intention.
/// </summary>
internal sealed record TbsCertificate
{
    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3, isConstructed: true);

    internal required int Version { get; init; }

    /// <summary>The content octets of the serial number, sign octet included.</summary>
    internal required ReadOnlyMemory<byte> SerialNumber { get; init; }

    internal required ReadOnlyMemory<byte> Signature { get; init; }

    internal required ReadOnlyMemory<byte> Issuer { get; init; }

    internal required Asn1Tag NotBeforeTag { get; init; }

    internal required DateTimeOffset NotBefore { get; init; }

    internal required Asn1Tag NotAfterTag { get; init; }

    internal required DateTimeOffset NotAfter { get; init; }

    internal required ReadOnlyMemory<byte> Subject { get; init; }

    internal required ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; init; }

    internal required IReadOnlyList<CertificateExtension> Extensions { get; init; }

    internal CertificateExtension? Find(string oid)
    {
        foreach (var extension in Extensions)
            if (extension.Oid == oid) return extension;
        return null;
    }

    /// <summary>Takes a TBSCertificate apart.</summary>
    /// <exception cref="AsnContentException">It is not one.</exception>
    internal static TbsCertificate Decode(ReadOnlyMemory<byte> der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var tbs = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var version = 0;
        if (tbs.PeekTag().HasSameClassAndValue(VersionTag)) tbs.ReadSequence(VersionTag).TryReadInt32(out version);
        var serialNumber = tbs.ReadIntegerBytes();
        var signature = tbs.ReadEncodedValue();
        var issuer = tbs.ReadEncodedValue();
        var validity = tbs.ReadSequence();
        var notBeforeTag = validity.PeekTag();
        var notBefore = ReadTime(validity);
        var notAfterTag = validity.PeekTag();
        var notAfter = ReadTime(validity);
        validity.ThrowIfNotEmpty();
        var subject = tbs.ReadEncodedValue();
        var key = tbs.ReadEncodedValue();
        var extensions = tbs.HasData ? ReadExtensions(tbs) : [];
        tbs.ThrowIfNotEmpty();
        return new TbsCertificate
        {
            Version = version,
            SerialNumber = serialNumber,
            Signature = signature,
            Issuer = issuer,
            NotBeforeTag = notBeforeTag,
            NotBefore = notBefore,
            NotAfterTag = notAfterTag,
            NotAfter = notAfter,
            Subject = subject,
            SubjectPublicKeyInfo = key,
            Extensions = extensions,
        };
    }

    private static DateTimeOffset ReadTime(AsnReader reader) => reader.PeekTag() == Asn1Tag.UtcTime
        ? reader.ReadUtcTime()
        : reader.ReadGeneralizedTime();

    private static List<CertificateExtension> ReadExtensions(AsnReader tbs)
    {
        var wrapper = tbs.ReadSequence(ExtensionsTag);
        var list = wrapper.ReadSequence();
        wrapper.ThrowIfNotEmpty();
        var extensions = new List<CertificateExtension>(8);
        while (list.HasData)
        {
            var extension = list.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var critical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
            var value = extension.TryReadPrimitiveOctetString(out var octets)
                ? octets
                : throw new AsnContentException("An extension's value is no primitive OCTET STRING.");
            extension.ThrowIfNotEmpty();
            extensions.Add(new CertificateExtension(oid, critical, value));
        }

        return extensions;
    }
}
