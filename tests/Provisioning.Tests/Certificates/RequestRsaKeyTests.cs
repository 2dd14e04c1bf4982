using System.Numerics;

using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestRsaKeyTests
{
    [Fact]
    public void An_RSA_key_is_rebuilt_in_its_canonical_form()
    {
        var key = Requests.Accepted(new CsrBuilder { Key = CsrBuilder.Rsa2048 }).Key;
        Assert.Equal(KeyAlgorithm.Rsa2048, key.Algorithm);
        Assert.Equal(CsrBuilder.Rsa2048.ExportSubjectPublicKeyInfo(), key.SubjectPublicKeyInfo.ToArray());
        Assert.Equal(Digest.Of(CsrBuilder.Rsa2048.ExportSubjectPublicKeyInfo()), key.Thumbprint);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(2040)]
    [InlineData(2047)]
    [InlineData(2049)]
    [InlineData(3071)]
    [InlineData(3073)]
    [InlineData(4095)]
    [InlineData(4097)]
    public void K_01_RSA_of_another_size_is_refused(int bits) => RefuseModulus(RsaNumbers.OfBits(bits));

    [Theory]
    [InlineData(8192)]
    [InlineData(16384)]
    [InlineData(32768)]
    public void K_02_Large_RSA_is_refused(int bits) => RefuseModulus(RsaNumbers.OfBits(bits));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(65539)]
    [InlineData(-65537)]
    public void RSA_with_another_exponent_is_refused(int exponent) =>
        RefuseKey(RefusalCode.BadKey, CsrBuilder.RsaKeyInfo(RsaNumbers.Good, exponent));

    [Fact]
    public void K_04_An_even_negative_or_zero_modulus_is_refused()
    {
        RefuseModulus(RsaNumbers.Good - 1);
        RefuseKey(RefusalCode.BadKey, CsrBuilder.RsaKeyInfo(-RsaNumbers.Good));
        RefuseKey(RefusalCode.BadKey, CsrBuilder.RsaKeyInfo(BigInteger.Zero));
        // The same octets without the zero octet that makes them positive.
        RefuseKey(RefusalCode.BadKey, CsrBuilder.RsaKeyInfo(RsaNumbers.Good - (BigInteger.One << 2048)));
    }

    // Whether a modulus is prime takes longer to tell than a request may take; one without a proof of possession is
    // refused for that.
    [Fact]
    public void K_04_A_prime_modulus_without_its_proof_is_refused() =>
        Requests.Refused(RefusalCode.PopInvalid, CsrBuilder.WithModulus(BigInteger.Pow(2, 2048) - 1942289));

    [Theory]
    [InlineData(3, 2048)]
    [InlineData(751, 2048)]
    [InlineData(751, 3072)]
    [InlineData(751, 4096)]
    [InlineData(1021, 4096)]
    public void K_04_A_modulus_with_a_small_factor_is_refused(int prime, int bits) =>
        RefuseModulus(RsaNumbers.DivisibleBy(prime, bits));

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    [InlineData(4096)]
    public void K_05_A_modulus_with_the_ROCA_fingerprint_is_refused(int bits) =>
        Requests.Refused(RefusalCode.Roca, CsrBuilder.WithModulus(RsaNumbers.Roca(bits)));

    [Theory]
    [InlineData(2048, 100)]
    [InlineData(2048, 512)]
    [InlineData(2048, 516)]
    [InlineData(4096, 1028)]
    public void K_06_Close_primes_are_refused(int bits, int distance) =>
        RefuseModulus(RsaNumbers.WithCloseFactors(bits, distance));

    [Fact]
    public void K_06_The_square_of_a_prime_is_refused() => RefuseModulus(RsaNumbers.PrimeSquared());

    [Fact]
    public void An_RSA_key_without_NULL_or_with_more_in_it_is_refused()
    {
        var pair = Der.Sequence(Der.Integer(RsaNumbers.Good), Der.Integer(65537));
        var oid = Der.Oid(CsrBuilder.RsaEncryption);
        RefuseKey(RefusalCode.BadKey, Der.Sequence(Der.Sequence(oid), Der.Bits(pair)));
        RefuseKey(RefusalCode.BadKey, Der.Sequence(Der.Sequence(oid, Der.Sequence()), Der.Bits(pair)));
        var identifier = Der.Sequence(oid, Der.Null);
        RefuseKey(RefusalCode.BadKey, Der.Sequence(identifier, Der.Bits([.. pair, 0x00])));
        RefuseKey(RefusalCode.BadKey, Der.Sequence(identifier, Der.Bits(pair), Der.Null));
        RefuseKey(RefusalCode.BadKey, Der.Sequence(identifier, Der.Bits(pair[..^1])));
        RefuseKey(RefusalCode.BadKey, Der.Sequence(identifier, Der.Bits()));
        var third = Der.Sequence(Der.Integer(RsaNumbers.Good), Der.Integer(65537), Der.Integer(1));
        RefuseKey(RefusalCode.BadKey, Der.Sequence(identifier, Der.Bits(third)));
        var notMinimal = Der.Tlv(0x02, [0x00], Der.Integer(RsaNumbers.Good)[4..]);
        RefuseKey(RefusalCode.BadKey, Der.Sequence(identifier, Der.Bits(Der.Sequence(notMinimal, Der.Integer(65537)))));
    }

    private static void RefuseModulus(BigInteger modulus) =>
        Requests.Refused(RefusalCode.BadKey, CsrBuilder.WithModulus(modulus));

    private static void RefuseKey(RefusalCode code, byte[] keyInfo) =>
        Requests.Refused(code, new CsrBuilder { KeyInfo = keyInfo });
}
