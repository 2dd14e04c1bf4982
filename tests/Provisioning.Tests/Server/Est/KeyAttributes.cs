using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Provisioning.Tests.Server.Est;

/// <summary>The attributes of a request that say how a key is to be encrypted (RFC 7030 §4.4.1).</summary>
internal static class KeyAttributes
{
    /// <summary>For a secret that both sides know, and what the device can decrypt with.</summary>
    internal static AsnEncodedData[] Secret(string identifier, string[] capabilities) => capabilities.Length == 0
        ? [Identifier("1.2.840.113549.1.9.16.2.37", System.Text.Encoding.ASCII.GetBytes(identifier))]
        : [Identifier("1.2.840.113549.1.9.16.2.37", System.Text.Encoding.ASCII.GetBytes(identifier)), Capabilities(capabilities)];

    /// <summary>For the key of a certificate.</summary>
    internal static AsnEncodedData Certificate(byte[] identifier) => Identifier("1.2.840.113549.1.9.16.2.54", identifier);

    private static AsnEncodedData Identifier(string type, byte[] identifier)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(identifier);
        return new AsnEncodedData(type, writer.Encode());
    }

    private static AsnEncodedData Capabilities(string[] algorithms)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var algorithm in algorithms)
            {
                using (writer.PushSequence()) writer.WriteObjectIdentifier(algorithm);
            }
        }

        return new AsnEncodedData("1.2.840.113549.1.9.15", writer.Encode());
    }
}
