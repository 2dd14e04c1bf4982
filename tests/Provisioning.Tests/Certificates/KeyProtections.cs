namespace Provisioning.Tests.Certificates;

/// <summary>The attributes that say how a key that is made here shall be encrypted (RFC 7030 §4.4.1), to be put together rightly or wrongly.</summary>
internal static class KeyProtections
{
    internal const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";

    private const string SmimeCapabilities = "1.2.840.113549.1.9.15";
    private const string DecryptKeyId = "1.2.840.113549.1.9.16.2.37";
    private const string AsymmetricDecryptKeyId = "1.2.840.113549.1.9.16.2.54";

    /// <summary>DecryptKeyIdentifier, or the one for the key of a certificate, with whatever values.</summary>
    internal static byte[] Identifier(bool isSymmetric, params byte[][] values) =>
        CsrBuilder.Attribute(isSymmetric ? DecryptKeyId : AsymmetricDecryptKeyId, values);

    /// <summary>A list of capabilities of the caller's making.</summary>
    internal static byte[] Capabilities(params byte[][] values) => CsrBuilder.Attribute(SmimeCapabilities, values);

    /// <summary>A capability without parameters.</summary>
    internal static byte[] Capability(string algorithm) => Der.Sequence(Der.Oid(algorithm));

    /// <summary>A list of so many capabilities, all of them different.</summary>
    internal static byte[] Capabilities(int count) =>
        Capabilities(Der.Sequence([.. Enumerable.Range(0, count).Select(i => Capability($"1.2.3.{i}"))]));
}
