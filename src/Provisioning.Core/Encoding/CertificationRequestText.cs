using System.Text;

using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Encoding;

/// <summary>
/// Takes the DER out of the forms in which a certification request travels. All of them share the cap of
/// <see cref="CertificationRequestReader.MaxLength"/>, checked before anything is read.
/// </summary>
public static class CertificationRequestText
{
    // RFC 7468 §7: the first is the standard's; the second is what older tools and many devices write, with the same
    // content.
    private static readonly string[] Labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

    /// <summary>Reads a text: PEM, or the DER in base64 (RFC 4648 §4), on one line or several.</summary>
    /// <param name="text">Such as the <c>csr</c> field of a JSON body.</param>
    /// <returns>
    /// The DER, not looked into; or <see cref="RefusalCode.TooLarge"/> or <see cref="RefusalCode.Malformed"/>.
    /// </returns>
    public static Outcome<byte[]> ToDer(ReadOnlySpan<char> text)
    {
        if (text.Length > CertificationRequestReader.MaxLength)
            return TooLarge();

        var trimmed = text.Trim(" \r\n");
        if (trimmed.IsEmpty)
            return Malformed("The certification request is empty.");
        return trimmed[0] == '-'
            ? PemReader.Read(text, Labels, CertificationRequestReader.MaxLength)
            : Base64Lines.Decode(trimmed, CertificationRequestReader.MaxLength);
    }

    /// <summary>
    /// Reads a body: DER as it is (RFC 5967), or a text as <see cref="ToDer(ReadOnlySpan{char})"/> takes it.
    /// </summary>
    /// <param name="body">The octets.</param>
    /// <returns>
    /// The DER, not looked into; or <see cref="RefusalCode.TooLarge"/> or <see cref="RefusalCode.Malformed"/>.
    /// </returns>
    public static Outcome<byte[]> ToDer(ReadOnlySpan<byte> body)
    {
        if (body.Length > CertificationRequestReader.MaxLength)
            return TooLarge();
        if (body.IsEmpty)
            return Malformed("The certification request is empty.");

        // 0x30 opens a SEQUENCE. As a character it would be "0", with which no PEM and no base64 of a SEQUENCE starts.
        if (body[0] == 0x30)
            return body.ToArray();
        return Ascii.IsValid(body)
            ? ToDer(System.Text.Encoding.ASCII.GetString(body))
            : Malformed("The certification request is neither DER nor PEM nor base64.");
    }

    /// <summary>
    /// Reads the DER in base64, as EST has it: with white space anywhere, which clients put there by their own rules (RFC 8951 §3.1), and otherwise
    /// strict.
    /// </summary>
    /// <param name="body">The octets.</param>
    /// <returns>
    /// The DER, not looked into; or <see cref="RefusalCode.TooLarge"/> or <see cref="RefusalCode.Malformed"/>.
    /// </returns>
    public static Outcome<byte[]> FromBase64(ReadOnlySpan<byte> body)
    {
        if (body.Length > CertificationRequestReader.MaxLength)
            return TooLarge();
        var text = new char[body.Length];
        var count = 0;
        foreach (var octet in body)
        {
            if (octet is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')) text[count++] = (char)octet;
        }

        if (count == 0)
            return Malformed("The certification request is empty.");
        if (body[0] == 0x30 && text.AsSpan(0, count).ContainsAnyExceptInRange(' ', '~'))
            return Malformed("The certification request is not in base64: it seems to be the DER itself.");
        return text[0] == '-'
            ? Malformed("The certification request is PEM; send the base64 between its first line and its last.")
            : Base64Lines.Decode(text.AsSpan(0, count), CertificationRequestReader.MaxLength);
    }

    private static Refusal TooLarge() => new(
        RefusalCode.TooLarge,
        $"The certification request is longer than {CertificationRequestReader.MaxLength} octets.");

    private static Refusal Malformed(string detail) => new(RefusalCode.Malformed, detail);
}
