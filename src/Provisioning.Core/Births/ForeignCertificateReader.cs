using System.Formats.Asn1;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Births;

/// <summary>Reads <see cref="ForeignCertificate"/>: strict DER, version 3, one reading.</summary>
internal static class ForeignCertificateReader
{
    /// <summary>The longest certificate that is read, in octets.</summary>
    internal const int MaxLength = 16 * 1024;

    private const string CertificatePolicies = "2.5.29.32";
    private const int MaxExtensions = 64;

    /// <summary>Reads a certificate.</summary>
    /// <param name="der">The certificate.</param>
    /// <returns>The facts, or null when it is not such a certificate.</returns>
    internal static ForeignCertificate? TryRead(ReadOnlyMemory<byte> der)
    {
        if (der.Length > MaxLength) return null;
        try
        {
            return Read(der);
        }
        catch (AsnContentException)
        {
            // Not DER, or not a certificate: an answer, not an accident.
            return null;
        }
    }

    private static ForeignCertificate? Read(ReadOnlyMemory<byte> der)
    {
        var file = new AsnReader(der, AsnEncodingRules.DER);
        var outer = file.ReadSequence();
        file.ThrowIfNotEmpty();
        var tbs = outer.PeekEncodedValue();
        var content = outer.ReadSequence();
        var algorithm = outer.ReadEncodedValue();
        var signature = outer.ReadBitString(out var unused);
        outer.ThrowIfNotEmpty();
        if (unused != 0) return null;

        var version = content.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        if (!version.TryReadInt32(out var number) || number != 2) return null;
        version.ThrowIfNotEmpty();
        var serial = content.ReadIntegerBytes();
        if ((serial.Span[0] & 0x80) != 0 || !SerialNumber.TryFromOctets(serial.Span, out var serialNumber)) return null;

        // RFC 5280 §4.1.1.2: inside and outside MUST be the same.
        if (!content.ReadEncodedValue().Span.SequenceEqual(algorithm.Span)) return null;
        var issuer = ReadName(content);
        var validity = content.ReadSequence();
        var (notBefore, notAfter) = (ReadTime(validity), ReadTime(validity));
        validity.ThrowIfNotEmpty();
        var subject = ReadName(content);
        var key = content.ReadEncodedValue();
        var certificate = new ForeignCertificate
        {
            Der = der,
            Tbs = tbs,
            Algorithm = new AsnReader(algorithm, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier(),
            Signature = signature,
            SerialNumber = serialNumber,
            Issuer = issuer,
            Subject = subject,
            NotBefore = notBefore,
            NotAfter = notAfter,
            SubjectPublicKeyInfo = key,
        };
        if (!DeviceSerialReader.TryReadSubject(subject.Span, out var deviceSerial)) return null;
        certificate = certificate with { DeviceSerial = deviceSerial };
        if (!content.HasData) return certificate;
        var wrapper = content.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3));
        content.ThrowIfNotEmpty();
        var extensions = wrapper.ReadSequence();
        wrapper.ThrowIfNotEmpty();
        return ReadExtensions(extensions, certificate);
    }

    private static ForeignCertificate? ReadExtensions(AsnReader extensions, ForeignCertificate certificate)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var id = extension.ReadObjectIdentifier();
            var isCritical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
            var value = extension.ReadOctetString();
            extension.ThrowIfNotEmpty();
            if (!seen.Add(id) || seen.Count > MaxExtensions) return null;
            certificate = Apply(certificate, id, isCritical, value);
        }

        return certificate;
    }

    private static ForeignCertificate Apply(ForeignCertificate certificate, string id, bool isCritical, byte[] value) => id switch
    {
        Oids.BasicConstraints => ReadConstraints(certificate, value),
        Oids.KeyUsage => certificate with { KeyUsage = ReadUsage(value) },
        Oids.ExtendedKeyUsage => certificate with { Purposes = ReadPurposes(value) },
        Oids.SubjectAltName => certificate with { DeviceSerial = certificate.DeviceSerial ?? DeviceSerialReader.ReadHardwareModule(value) },
        Oids.SubjectKeyIdentifier or Oids.AuthorityKeyIdentifier or CertificatePolicies => certificate,
        _ => certificate with { HasUnknownCritical = certificate.HasUnknownCritical || isCritical },
    };

    private static ForeignCertificate ReadConstraints(ForeignCertificate certificate, byte[] value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        var content = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        var isAuthority = content.HasData && content.PeekTag() == Asn1Tag.Boolean && content.ReadBoolean();
        int? length = null;
        if (content.HasData) length = content.TryReadInt32(out var number) && number >= 0 ? number : throw new AsnContentException();
        content.ThrowIfNotEmpty();
        return certificate with { IsAuthority = isAuthority, PathLength = length };
    }

    private static KeyUsages ReadUsage(byte[] value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        var usage = reader.ReadNamedBitListValue<KeyUsages>();
        reader.ThrowIfNotEmpty();
        return usage;
    }

    private static List<string> ReadPurposes(byte[] value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        var content = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        var all = new List<string>();
        while (content.HasData) all.Add(content.ReadObjectIdentifier());
        return all;
    }

    private static ReadOnlyMemory<byte> ReadName(AsnReader content)
    {
        if (content.PeekTag() != Asn1Tag.Sequence) throw new AsnContentException();
        return content.ReadEncodedValue();
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag() == Asn1Tag.UtcTime ? reader.ReadUtcTime(2049) : reader.ReadGeneralizedTime();
}
