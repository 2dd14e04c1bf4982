using System.Formats.Asn1;
using System.Numerics;

namespace Provisioning.Tests.Certificates;

/// <summary>DER put together by hand, so that it can be put together wrongly.</summary>
internal static class Der
{
    public static byte[] Null { get; } = [0x05, 0x00];

    public static byte[] True { get; } = [0x01, 0x01, 0xFF];

    public static byte[] False { get; } = [0x01, 0x01, 0x00];

    public static byte[] Tlv(byte tag, params byte[][] contents)
    {
        var content = contents.SelectMany(c => c).ToArray();
        byte[] length = content.Length switch
        {
            < 0x80 => [(byte)content.Length],
            < 0x100 => [0x81, (byte)content.Length],
            < 0x10000 => [0x82, (byte)(content.Length >> 8), (byte)content.Length],
            _ => [0x83, (byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length],
        };
        return [tag, .. length, .. content];
    }

    public static byte[] Sequence(params byte[][] contents) => Tlv(0x30, contents);

    public static byte[] Set(params byte[][] contents) => Tlv(0x31, contents);

    public static byte[] Octets(params byte[][] contents) => Tlv(0x04, contents);

    public static byte[] Bits(params byte[] content) => Tlv(0x03, [0x00], content);

    public static byte[] Utf8(string text) => Tlv(0x0C, System.Text.Encoding.UTF8.GetBytes(text));

    public static byte[] Printable(string text) => Tlv(0x13, System.Text.Encoding.ASCII.GetBytes(text));

    public static byte[] Oid(string dotted)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(dotted);
        return writer.Encode();
    }

    public static byte[] Integer(BigInteger value) => Tlv(0x02, value.ToByteArray(isBigEndian: true));

    public static byte[] Name(byte[] commonName) => Sequence(NameAttribute("2.5.4.3", commonName));

    public static byte[] NameAttribute(string oid, byte[] value) => Set(Sequence(Oid(oid), value));

    public static byte[] Nested(int depth)
    {
        byte[] nested = [];
        for (var i = 0; i < depth; i++)
            nested = Sequence(nested);
        return nested;
    }
}
