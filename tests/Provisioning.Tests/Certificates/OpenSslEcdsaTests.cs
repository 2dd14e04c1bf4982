using System.Security.Cryptography;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Certificates.Requests;

namespace Provisioning.Tests.Certificates;

/// <summary>The fast way to verify a request says what the platform's own way says.</summary>
public sealed class OpenSslEcdsaTests
{
    private const int Threads = 4;
    private const int KeysPerThread = 50;

    private static readonly byte[] Digest = SHA256.HashData("what is signed"u8);

    public static TheoryData<string> Curves => ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    [Fact]
    public void It_is_used_where_the_tests_run() =>
        Assert.Equal(OperatingSystem.IsLinux() && SafeEvpPKeyHandle.OpenSslVersion >> 28 == 3, OpenSslEcdsa.IsAvailable);

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_good_signature_is_good_by_both_ways(string curve)
    {
        var (spki, signature) = Sign(curve);
        Assert.True(Verify(spki, Digest, signature));
        Assert.True(RequestSignature.VerifyOnPlatform(spki, Digest, signature));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Every_flipped_octet_of_a_signature_is_judged_alike(string curve)
    {
        var (spki, signature) = Sign(curve);
        for (var i = 0; i < signature.Length; i++)
        {
            var flipped = signature.ToArray();
            flipped[i] ^= 0x01;
            Assert.Equal(RequestSignature.VerifyOnPlatform(spki, Digest, flipped), Verify(spki, Digest, flipped));
        }
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Another_digest_is_refused(string curve)
    {
        var (spki, signature) = Sign(curve);
        Assert.False(Verify(spki, SHA256.HashData("something else"u8), signature));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Another_key_is_refused(string curve)
    {
        var (_, signature) = Sign(curve);
        var (other, _) = Sign(curve);
        Assert.False(Verify(other, Digest, signature));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_point_off_its_curve_throws_by_both_ways(string curve)
    {
        var (spki, signature) = Sign(curve);
        spki[^1] ^= 0x01;
        Assert.ThrowsAny<CryptographicException>(() => Verify(spki, Digest, signature));
        Assert.ThrowsAny<CryptographicException>(() => RequestSignature.VerifyOnPlatform(spki, Digest, signature));
    }

    [Fact]
    public void What_failed_before_does_not_spoil_what_the_thread_does_next()
    {
        var (spki, signature) = Sign("1.2.840.10045.3.1.7");
        var broken = spki.ToArray();
        broken[^1] ^= 0x01;
        Assert.ThrowsAny<CryptographicException>(() => Verify(broken, Digest, signature));
        Assert.True(RequestSignature.VerifyOnPlatform(spki, Digest, signature));
        Assert.True(Verify(spki, Digest, signature));
    }

    [Fact]
    public async Task Many_threads_verify_at_once()
    {
        var verdicts = await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
            Enumerable.Range(0, KeysPerThread).All(_ => Sign("1.2.840.10045.3.1.7") is var (spki, signature) && Verify(spki, Digest, signature)))));
        Assert.DoesNotContain(false, verdicts);
    }

    private static (byte[] Spki, byte[] Signature) Sign(string curve)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromValue(curve));
        return (key.ExportSubjectPublicKeyInfo(), key.SignHash(Digest, DSASignatureFormat.Rfc3279DerSequence));
    }

    private static bool Verify(byte[] spki, byte[] digest, byte[] signature)
    {
        var curve = NamedCurve.All.Single(curve => spki.AsSpan().StartsWith(curve.Header));
        return OpenSslEcdsa.Verify(curve, spki.AsSpan(curve.Header.Length), digest, signature);
    }
}
