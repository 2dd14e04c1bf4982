using System.Numerics;
using System.Security.Cryptography;

using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestKeyTests
{
    private static readonly BigInteger P = Hex("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF");
    private static readonly BigInteger B = Hex("5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B");

    [Fact]
    public void K_09_A_point_that_is_not_on_the_curve_is_refused()
    {
        foreach (var curve in (string[])["nistP256", "nistP384", "nistP521"])
        {
            using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
            var info = key.ExportSubjectPublicKeyInfo();
            info[^1] ^= 1;
            RefuseKey(RefusalCode.BadKey, info, SignatureOf1);
        }
    }

    [Fact]
    public void K_09_A_point_of_the_twist_is_refused()
    {
        // An x for which x³ - 3x + b is no square: whatever y is, the point lies on the quadratic twist or nowhere.
        for (var x = new BigInteger(5); ; x++)
        {
            var square = (BigInteger.Pow(x, 3) - (3 * x) + B) % P;
            if (BigInteger.ModPow(square, (P - 1) / 2, P).IsOne)
                continue;
            RefusePoint([0x04, .. Coordinate(x), .. Coordinate(square)]);
            break;
        }
    }

    [Fact]
    public void K_09_Infinity_is_refused()
    {
        RefusePoint([0x00]);
        RefusePoint(new byte[65]);
        RefusePoint([0x04, .. new byte[64]]);
        RefusePoint([]);
    }

    [Fact]
    public void K_09_A_coordinate_that_is_not_below_the_prime_is_refused()
    {
        // x = 5 is on the curve; x = 5 + p is the same residue in another spelling.
        var y = RootFor(5);
        RefusePoint([0x04, .. Coordinate(5 + P), .. Coordinate(y)]);
        RefusePoint([0x04, .. Coordinate(5), .. Coordinate(P)]);
        RefusePoint([0x04, .. Enumerable.Repeat((byte)0xFF, 64)]);
    }

    [Fact]
    public void K_09_Compressed_and_hybrid_points_are_refused()
    {
        var point = CsrBuilder.P256.ExportSubjectPublicKeyInfo()[^65..];
        var odd = (byte)(point[^1] & 1);
        RefusePoint([(byte)(0x02 | odd), .. point[1..33]]);
        RefusePoint([(byte)(0x06 | odd), .. point[1..]]);
        RefusePoint([0x04, .. point[1..64]]);
        RefusePoint([0x04, .. point[1..], 0x00]);
    }

    [Fact]
    public void K_10_A_curve_that_is_spelled_out_is_refused()
    {
        var parameters = CsrBuilder.P256.ExportExplicitParameters(includePrivateParameters: false);
        using var spelled = ECDsa.Create(parameters);
        var info = spelled.ExportSubjectPublicKeyInfo();
        Assert.True(info.Length > 200); // it is spelled out, and equal to P-256
        RefuseKey(RefusalCode.BadKey, info);

        // Another generator (CVE-2020-0601), another order, another cofactor: not looked at.
        foreach (var change in (byte[][])[parameters.Curve.G.X!, parameters.Curve.Order!, parameters.Curve.Cofactor!])
        {
            var changed = (byte[])info.Clone();
            changed[changed.AsSpan().LastIndexOf(change) + change.Length - 1] ^= 0xFE;
            RefuseKey(RefusalCode.BadKey, changed);
        }
    }

    [Fact]
    public void K_10_A_curve_that_is_not_given_is_refused()
    {
        var point = CsrBuilder.P256.ExportSubjectPublicKeyInfo()[^65..];
        var oid = Der.Oid(CsrBuilder.EcPublicKey);
        RefuseKey(RefusalCode.BadKey, Der.Sequence(Der.Sequence(oid), Der.Bits(point)));
        RefuseKey(RefusalCode.BadKey, Der.Sequence(Der.Sequence(oid, Der.Null), Der.Bits(point)));
        RefuseKey(
            RefusalCode.BadKey,
            Der.Sequence(Der.Sequence(oid, Der.Oid("1.2.840.10045.3.1.7"), Der.Null), Der.Bits(point)));
    }

    [Theory]
    [InlineData("1.2.840.10045.3.1.1")] // P-192
    [InlineData("1.3.132.0.33")] // P-224
    [InlineData("1.3.132.0.10")] // secp256k1
    [InlineData("1.3.36.3.3.2.8.1.1.7")] // brainpoolP256r1
    [InlineData("1.3.132.0.1")] // a binary curve
    public void K_10_Another_curve_is_unsupported(string curve) => RefuseKey(
        RefusalCode.UnsupportedKey,
        Der.Sequence(
            Der.Sequence(Der.Oid(CsrBuilder.EcPublicKey), Der.Oid(curve)),
            Der.Bits(CsrBuilder.P256.ExportSubjectPublicKeyInfo()[^65..])));

    [Theory]
    [InlineData("1.3.101.112", 32)] // Ed25519
    [InlineData("1.3.101.110", 32)] // X25519
    [InlineData("1.3.101.113", 57)] // Ed448
    [InlineData("2.16.840.1.101.3.4.3.17", 1312)] // ML-DSA-44
    [InlineData("2.16.840.1.101.3.4.3.18", 1952)] // ML-DSA-65
    [InlineData("1.2.840.113549.1.1.10", 270)] // RSASSA-PSS
    [InlineData("1.2.840.10040.4.1", 256)] // DSA
    [InlineData("1.3.132.1.12", 65)] // ECDH only
    [InlineData("1.2.3.4", 0)]
    public void K_12_Other_kinds_of_key_are_unsupported(string oid, int size)
    {
        RefuseKey(RefusalCode.UnsupportedKey, Der.Sequence(Der.Sequence(Der.Oid(oid)), Der.Bits(new byte[size])));
        RefuseKey(RefusalCode.UnsupportedKey, new CsrBuilder
        {
            KeyInfo = Der.Sequence(Der.Sequence(Der.Oid(oid)), Der.Bits(new byte[size])),
            SignatureAlgorithm = Der.Sequence(Der.Oid(oid)),
            Signature = new byte[64],
        });
    }

    [Fact]
    public void A_key_that_is_not_whole_octets_is_refused()
    {
        var info = CsrBuilder.P256.ExportSubjectPublicKeyInfo();
        info[^66] = 0x01;
        info[^1] &= 0xFE;
        RefuseKey(RefusalCode.BadKey, info);
    }

    // r = s = 1: in range, so that the key is put to the test before the signature.
    private static byte[] SignatureOf1 => [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01];

    private static BigInteger RootFor(BigInteger x)
    {
        var square = (BigInteger.Pow(x, 3) - (3 * x) + B) % P;
        var y = BigInteger.ModPow(square, (P + 1) / 4, P);
        Assert.Equal(square, y * y % P);
        return y;
    }

    private static BigInteger Hex(string digits) =>
        new(Convert.FromHexString(digits), isUnsigned: true, isBigEndian: true);

    private static byte[] Coordinate(BigInteger value)
    {
        var octets = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - octets.Length], .. octets];
    }

    private static void RefusePoint(byte[] point) => RefuseKey(
        RefusalCode.BadKey,
        Der.Sequence(
            Der.Sequence(Der.Oid(CsrBuilder.EcPublicKey), Der.Oid("1.2.840.10045.3.1.7")), Der.Bits(point)),
        SignatureOf1);

    private static void RefuseKey(RefusalCode code, byte[] keyInfo, byte[]? signature = null) =>
        RefuseKey(code, new CsrBuilder { KeyInfo = keyInfo, Signature = signature });

    private static void RefuseKey(RefusalCode code, CsrBuilder builder) => Requests.Refused(code, builder);
}
