using System.Buffers;
using System.Formats.Asn1;
using System.Text;
using System.Text.Unicode;

using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>
/// Reads a DirectoryString (RFC 5280 §4.1.2.4) as text. The framework reads one that it cannot decode as an empty
/// string.
/// </summary>
internal static class CharacterString
{
    // X.680 §41.4.
    private static readonly SearchValues<byte> Printable = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"u8);

    /// <summary>Reads UTF8String, PrintableString or BMPString.</summary>
    /// <param name="reader">Stands at the value.</param>
    /// <param name="what">The subject of the sentence that a person gets to read.</param>
    /// <param name="orIa5">True to take IA5String as well, which emailAddress and domainComponent must use.</param>
    /// <param name="text">The text, not yet checked as a name.</param>
    /// <returns>Null, or why not.</returns>
    public static Refusal? Read(ref DerReader reader, string what, bool orIa5, out string text)
    {
        text = "";
        var encoded = reader.ReadEncoded();
        var tag = Asn1Tag.Decode(encoded, out _);
        // Not TeletexString, UniversalString and the like (RFC 5280 §4.1.2.4): they mean different text to different
        // readers.
        var type = (UniversalTagNumber)tag.TagValue;
        if (tag.TagClass != TagClass.Universal || tag.IsConstructed || !IsAccepted(type, orIa5))
            return RequestRefusals.BadCsr(what + " is not a UTF8String or PrintableString.");

        var value = new DerReader(encoded).ReadPrimitive(out _);
        var decoded = Decode(type, value);
        text = decoded ?? "";
        return decoded is null ? RequestRefusals.BadCsr(what + " does not hold what its string type allows.") : null;
    }

    private static bool IsAccepted(UniversalTagNumber type, bool orIa5) => type
        is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.BMPString
        || (orIa5 && type == UniversalTagNumber.IA5String);

    private static string? Decode(UniversalTagNumber type, ReadOnlySpan<byte> value) => type switch
    {
        UniversalTagNumber.UTF8String => Utf8.IsValid(value) ? System.Text.Encoding.UTF8.GetString(value) : null,
        UniversalTagNumber.PrintableString => value.ContainsAnyExcept(Printable) ? null : Latin(value),
        UniversalTagNumber.IA5String => Ascii.IsValid(value) ? Latin(value) : null,
        // Older Windows clients send it. Surrogates, which UCS-2 does not have, are refused with the names.
        _ => value.Length % 2 == 0 ? System.Text.Encoding.BigEndianUnicode.GetString(value) : null,
    };

    private static string Latin(ReadOnlySpan<byte> value) => System.Text.Encoding.ASCII.GetString(value);
}
