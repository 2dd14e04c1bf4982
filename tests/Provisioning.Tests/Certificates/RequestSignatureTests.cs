using System.Formats.Asn1;
using System.Security.Cryptography;

using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestSignatureTests
{
    private const string Order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

    public static TheoryData<string, string> Algorithms()
    {
        var data = new TheoryData<string, string>();
        foreach (var key in (string[])["nistP256", "nistP384", "nistP521", "RSA"])
        {
            foreach (var hash in (string[])["SHA256", "SHA384", "SHA512"])
                data.Add(key, hash);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void A_signature_with_an_accepted_hash_is_verified(string kind, string hash)
    {
        using var ecdsa = kind == "RSA" ? null : ECDsa.Create(ECCurve.CreateFromFriendlyName(kind));
        var der = new CsrBuilder
        {
            Key = ecdsa ?? (AsymmetricAlgorithm)CsrBuilder.Rsa2048,
            Hash = new HashAlgorithmName(hash),
        }.Build();
        Requests.Accepted(der);

        der[^1] ^= 1;
        Requests.Refused(RefusalCode.PopInvalid, der);
    }

    [Fact]
    public void C_01_Any_flipped_bit_of_what_is_signed_is_refused()
    {
        var der = new CsrBuilder().Build();
        var name = der.AsSpan().IndexOf("dev-1"u8);
        der[name + 4] ^= 2;
        Requests.Refused(RefusalCode.PopInvalid, der);
    }

    [Fact]
    public void C_02_A_signature_by_another_key_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Requests.Refused(
            RefusalCode.PopInvalid,
            new CsrBuilder { Key = other, KeyInfo = CsrBuilder.P256.ExportSubjectPublicKeyInfo() });
        using var otherRsa = RSA.Create(2048);
        Requests.Refused(
            RefusalCode.PopInvalid,
            new CsrBuilder { Key = otherRsa, KeyInfo = CsrBuilder.Rsa2048.ExportSubjectPublicKeyInfo() });
    }

    [Theory]
    [InlineData("")]
    [InlineData("3006020100020100")] // r = 0, s = 0
    [InlineData("3006020101020100")] // s = 0
    [InlineData("3006020101020101")] // r = 1, s = 1
    [InlineData("30060201FF020101")] // r = -1
    [InlineData("30800201010201010000")] // indefinite length
    [InlineData("308106020101020101")] // length not minimal
    [InlineData("300702020001020101")] // integer not minimal
    [InlineData("3009020101020101020101")] // a third integer
    [InlineData("300602010102010100")] // trailing octet
    [InlineData("3003020101")]
    [InlineData("3026022100" + Order + "020101")] // r = n
    [InlineData("3026020101022100" + Order)] // s = n
    public void C_03_A_signature_that_is_not_strict_DER_in_range_is_refused(string hex) =>
        Requests.Refused(RefusalCode.PopInvalid, new CsrBuilder { Signature = Convert.FromHexString(hex) });

    [Fact]
    public void C_03_A_good_signature_in_BER_is_refused()
    {
        // r and s of a real signature with a zero octet too many.
        var der = new CsrBuilder().Build();
        var signature = SignatureOf(der);
        var r = signature[4..(4 + signature[3])];
        var s = signature[(6 + signature[3])..];
        var ber = Der.Sequence(Der.Tlv(0x02, [0x00], r), Der.Tlv(0x02, s));
        Requests.Refused(RefusalCode.PopInvalid, WithSignature(der, ber));
        Requests.Accepted(WithSignature(der, Der.Sequence(Der.Tlv(0x02, r), Der.Tlv(0x02, s))));
    }

    [Fact]
    public void C_03_An_empty_or_short_RSA_signature_is_refused()
    {
        Requests.Refused(RefusalCode.PopInvalid, WithRsa([]));
        Requests.Refused(RefusalCode.PopInvalid, WithRsa(new byte[255]));
        Requests.Refused(RefusalCode.PopInvalid, WithRsa(new byte[256]));
        Requests.Refused(RefusalCode.PopInvalid, WithRsa([.. Enumerable.Repeat((byte)0xFF, 256)])); // not below n
    }

    [Fact]
    public void C_03_A_signature_that_is_not_whole_octets_is_refused()
    {
        var der = new CsrBuilder { Signature = [0x30, 0x00] }.Build();
        der[^3] = 1;
        Requests.Refused(RefusalCode.PopInvalid, der);
        der[^1] = 1;
        Requests.Refused(RefusalCode.BadCsr, der); // an unused bit that is set is not DER
    }

    [Fact]
    public void C_04_An_algorithm_for_another_kind_of_key_is_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder
        {
            SignatureAlgorithm = Der.Sequence(Der.Oid(CsrBuilder.Sha256WithRsa), Der.Null),
        });
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder
        {
            Key = CsrBuilder.Rsa2048,
            SignatureAlgorithm = Der.Sequence(Der.Oid(CsrBuilder.EcdsaWithSha256)),
        });
    }

    [Fact]
    public void C_05_A_SHA_1_signature_is_refused()
    {
        Requests.Refused(RefusalCode.SignatureAlgorithm, new CsrBuilder
        {
            Hash = HashAlgorithmName.SHA1,
            SignatureAlgorithm = Der.Sequence(Der.Oid("1.2.840.10045.4.1")),
        });
        Requests.Refused(RefusalCode.SignatureAlgorithm, new CsrBuilder
        {
            Key = CsrBuilder.Rsa2048,
            Hash = HashAlgorithmName.SHA1,
            SignatureAlgorithm = Der.Sequence(Der.Oid("1.2.840.113549.1.1.5"), Der.Null),
        });
    }

    [Theory]
    [InlineData("1.2.840.113549.1.1.4")] // MD5 with RSA
    [InlineData("1.2.840.113549.1.1.2")] // MD2 with RSA
    [InlineData("1.2.840.113549.1.1.14")] // SHA-224 with RSA
    [InlineData("1.2.840.113549.1.1.10")] // RSASSA-PSS
    [InlineData("1.2.840.113549.1.1.1")] // rsaEncryption, which is no signature algorithm
    [InlineData("1.2.840.10045.4.3.1")] // ECDSA with SHA-224
    [InlineData("2.16.840.1.101.3.4.3.10")] // ECDSA with SHA3-256
    [InlineData("1.3.101.112")] // Ed25519
    [InlineData("1.3.6.1.5.5.7.6.2")] // no signature at all (RFC 5272)
    [InlineData("1.2")]
    public void C_05_MD5_PSS_and_other_algorithms_are_refused(string oid)
    {
        var identifier = Der.Sequence(Der.Oid(oid), Der.Null);
        Requests.Refused(RefusalCode.SignatureAlgorithm, new CsrBuilder { SignatureAlgorithm = identifier });
        Requests.Refused(
            RefusalCode.SignatureAlgorithm, WithRsa(null, identifier));
    }

    [Fact]
    public void C_06_Parameters_of_an_ECDSA_algorithm_are_refused()
    {
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder
        {
            SignatureAlgorithm = Der.Sequence(Der.Oid(CsrBuilder.EcdsaWithSha256), Der.Null),
        });
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder
        {
            SignatureAlgorithm = Der.Sequence(Der.Oid(CsrBuilder.EcdsaWithSha256), Der.Oid("1.2.840.10045.3.1.7")),
        });
    }

    [Fact]
    public void C_06_An_RSA_algorithm_without_NULL_is_refused()
    {
        var oid = Der.Oid(CsrBuilder.Sha256WithRsa);
        byte[][] identifiers =
            [Der.Sequence(oid), Der.Sequence(oid, Der.Sequence()), Der.Sequence(oid, Der.Null, Der.Null)];
        foreach (var identifier in identifiers)
            Requests.Refused(RefusalCode.BadCsr, WithRsa(null, identifier));
    }

    private static CsrBuilder WithRsa(byte[]? signature, byte[]? identifier = null) =>
        new() { Key = CsrBuilder.Rsa2048, Signature = signature, SignatureAlgorithm = identifier };

    private static byte[] SignatureOf(byte[] der) => Split(der).Signature;

    private static byte[] WithSignature(byte[] der, byte[] signature)
    {
        var (info, identifier, _) = Split(der);
        return Der.Sequence(info, identifier, Der.Bits(signature));
    }

    private static (byte[] Info, byte[] Identifier, byte[] Signature) Split(byte[] der)
    {
        var request = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        return (
            request.ReadEncodedValue().ToArray(), request.ReadEncodedValue().ToArray(), request.ReadBitString(out _));
    }
}
