using System.Formats.Asn1;
using Provisioning.Core.Encoding;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>Reads the names in a certificate of ours, with the readers that read those in requests, so that the two can be compared.</summary>
internal static class CertificateNamesReader
{
    private static readonly Asn1Tag Version = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Extensions = new(TagClass.ContextSpecific, 3, isConstructed: true);

    // 2.5.29.17
    private static ReadOnlySpan<byte> SubjectAltName => [0x55, 0x1D, 0x11];

    /// <summary>Reads subject and alternative names.</summary>
    /// <param name="certificate">DER of a certificate that this service has issued.</param>
    /// <returns>The names; the other facts are empty.</returns>
    /// <exception cref="InvalidDataException">It is none that this service can have issued.</exception>
    internal static RequestFacts Read(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            var facts = new RequestFacts();
            return ReadInto(certificate.Span, facts) ? facts : throw new InvalidDataException("A certificate on record has names that no request could have.");
        }
        catch (AsnContentException problem)
        {
            throw new InvalidDataException("A certificate on record is damaged.", problem);
        }
    }

    private static bool ReadInto(ReadOnlySpan<byte> der, RequestFacts facts)
    {
        var outer = new DerReader(der).ReadSequence();
        var tbs = outer.ReadSequence();
        tbs.ReadSequence(Version);
        tbs.ReadInteger();
        tbs.ReadSequence();
        tbs.ReadSequence();
        tbs.ReadSequence();
        if (SubjectReader.Read(tbs.ReadSequence(), facts) is not null) return false;
        tbs.ReadSequence();
        var extensions = tbs.ReadSequence(Extensions).ReadSequence();
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var isNames = extension.ReadOid().SequenceEqual(SubjectAltName);
            if (extension.NextIs(Asn1Tag.Boolean)) extension.ReadBoolean();
            if (isNames && AlternativeNamesReader.Read(new DerReader(extension.ReadOctetString()), facts) is not null) return false;
        }

        return true;
    }
}
