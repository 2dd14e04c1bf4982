using System.Formats.Asn1;

namespace Provisioning.Interop;

/// <summary>Reads of a CRL what a relying party compares.</summary>
internal static class Crl
{
    internal static (long Number, DateTime ThisUpdate) Read(byte[] octets)
    {
        var list = new AsnReader(octets, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        for (var field = 0; field < 3; field++) list.ReadEncodedValue(); // version, signature, issuer
        var thisUpdate = list.ReadUtcTime().UtcDateTime;
        list.ReadEncodedValue();
        if (list.PeekTag() == Asn1Tag.Sequence) list.ReadEncodedValue();
        var extensions = list.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            if (extension.ReadObjectIdentifier() != "2.5.29.20") continue;
            var number = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER).ReadInteger();
            return ((long)number, thisUpdate);
        }

        throw new InvalidDataException("A CRL without a number.");
    }
}
