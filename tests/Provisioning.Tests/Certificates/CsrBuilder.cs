using System.Numerics;
using System.Security.Cryptography;

namespace Provisioning.Tests.Certificates;

/// <summary>
/// A certification request that can be bent at every field and is signed all the same, by a real key. As it stands it
/// is a good one: <c>CN=dev-1</c>, P-256, no attributes.
/// </summary>
internal sealed class CsrBuilder
{
    public const string EcPublicKey = "1.2.840.10045.2.1";
    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";
    public const string Sha256WithRsa = "1.2.840.113549.1.1.11";

    public static ECDsa P256 { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static RSA Rsa2048 { get; } = RSA.Create(2048);

    public AsymmetricAlgorithm Key { get; init; } = P256;

    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA256;

    public byte[] Version { get; init; } = Der.Integer(0);

    public byte[] Subject { get; init; } = Der.Name(Der.Utf8("dev-1"));

    /// <summary>The SubjectPublicKeyInfo, when not that of <see cref="Key"/>.</summary>
    public byte[]? KeyInfo { get; init; }

    /// <summary>Whole attributes; null to leave even the empty field out.</summary>
    public byte[][]? Attributes { get; init; } = [];

    /// <summary>Whole extensions, put into one extension request beside <see cref="Attributes"/>.</summary>
    public byte[][] Extensions { get; init; } = [];

    public byte[]? SignatureAlgorithm { get; init; }

    /// <summary>The content of the signature, when not a good one.</summary>
    public byte[]? Signature { get; init; }

    public static byte[] Attribute(string oid, params byte[][] values) => Der.Sequence(Der.Oid(oid), Der.Set(values));

    public static byte[] ExtensionRequest(params byte[][] extensions) =>
        Attribute("1.2.840.113549.1.9.14", Der.Sequence(extensions));

    public static byte[] Extension(string oid, byte[] value, bool critical = false) =>
        Der.Sequence(Der.Oid(oid), critical ? Der.True : [], Der.Octets(value));

    public static byte[] AlternativeNames(params byte[][] names) => Extension("2.5.29.17", Der.Sequence(names));

    public static byte[] RsaKeyInfo(BigInteger modulus, int exponent = 65537) => Der.Sequence(
        Der.Sequence(Der.Oid(RsaEncryption), Der.Null),
        Der.Bits(Der.Sequence(Der.Integer(modulus), Der.Integer(exponent))));

    /// <summary>
    /// A request for an RSA modulus of which nobody has the private key, with a signature of the right length.
    /// </summary>
    public static byte[] WithModulus(BigInteger modulus) => new CsrBuilder
    {
        KeyInfo = RsaKeyInfo(modulus),
        SignatureAlgorithm = Der.Sequence(Der.Oid(Sha256WithRsa), Der.Null),
        Signature = new byte[modulus.GetByteCount(isUnsigned: true)],
    }.Build();

    public byte[] Build()
    {
        var extensions = Extensions.Length == 0 ? [] : ExtensionRequest(Extensions);
        var attributes = Attributes is null ? [] : Der.Tlv(0xA0, [.. Attributes, extensions]);
        var info = Der.Sequence(Version, Subject, KeyInfo ?? Key.ExportSubjectPublicKeyInfo(), attributes);
        return Der.Sequence(info, SignatureAlgorithm ?? Identifier(), Der.Bits(Signature ?? Sign(info)));
    }

    private byte[] Sign(byte[] info) => Key is RSA rsa
        ? rsa.SignData(info, Hash, RSASignaturePadding.Pkcs1)
        : ((ECDsa)Key).SignData(info, Hash, DSASignatureFormat.Rfc3279DerSequence);

    private byte[] Identifier()
    {
        var last = Hash == HashAlgorithmName.SHA256 ? 0 : Hash == HashAlgorithmName.SHA384 ? 1 : 2;
        return Key is RSA
            ? Der.Sequence(Der.Oid($"1.2.840.113549.1.1.{11 + last}"), Der.Null)
            : Der.Sequence(Der.Oid($"1.2.840.10045.4.3.{2 + last}"));
    }
}
