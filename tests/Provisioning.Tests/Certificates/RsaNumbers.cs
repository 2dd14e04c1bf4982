using System.Numerics;
using System.Security.Cryptography;

namespace Provisioning.Tests.Certificates;

/// <summary>RSA moduli made to be bad in one way each. None needs a prime to be searched for.</summary>
internal static class RsaNumbers
{
    /// <summary>A good modulus, so that what is made of it is bad only by what was done to it.</summary>
    public static BigInteger Good { get; } = ModulusOf(CsrBuilder.Rsa2048);

    /// <summary>The number of bits given, odd, without any other property.</summary>
    public static BigInteger OfBits(int bits)
    {
        var octets = new byte[(bits / 8) + 1];
        new Random(bits).NextBytes(octets);
        return (Positive(octets) & (BigInteger.Pow(2, bits) - 1)) | (BigInteger.One << (bits - 1)) | 1;
    }

    /// <summary>A modulus of 2048, 3072 or 4096 bits with a factor, and no even one.</summary>
    public static BigInteger DivisibleBy(int prime, int bits)
    {
        var modulus = OfBits(bits);
        modulus -= modulus % (2 * prime);
        modulus += prime;
        return modulus;
    }

    /// <summary>
    /// A product of two numbers of the form k·M + (65537^a mod M), as the library of CVE-2017-15361 makes its primes.
    /// These are not primes; the fingerprint does not care.
    /// </summary>
    public static BigInteger Roca(int bits)
    {
        // M is the product of the first 126 primes for 2048 and 3072 bits; of 225 for 4096, of which these are a part.
        var m = Primes().Take(126).Aggregate(BigInteger.One, (product, prime) => product * prime);
        return Factor(1) * Factor(2);

        BigInteger Factor(int seed)
        {
            // The top two bits are set, so that the product has exactly twice as many bits.
            var low = BigInteger.ModPow(65537, 1_000_003 * seed, m);
            var k = ((BigInteger.One << (bits / 2)) - 1 - (BigInteger.One << ((bits / 2) - 3))) / m;
            for (; ; k--)
            {
                if (HasNoSmallFactor((k * m) + low))
                    return (k * m) + low;
            }
        }
    }

    /// <summary>Two factors whose high halves are the same: found by Fermat's method within a few rounds.</summary>
    public static BigInteger WithCloseFactors(int bits, int distanceBits)
    {
        // The top two bits are set, so that the product has exactly twice as many bits.
        var first = Next(OfBits(bits / 2) | (BigInteger.One << ((bits / 2) - 2)));
        return first * Next(first + (BigInteger.One << distanceBits));

        static BigInteger Next(BigInteger number)
        {
            while (!HasNoSmallFactor(number))
                number += 2;
            return number;
        }
    }

    public static BigInteger PrimeSquared()
    {
        var parameters = CsrBuilder.Rsa2048.ExportParameters(includePrivateParameters: true);
        return BigInteger.Pow(BigInteger.Max(Positive(parameters.P!), Positive(parameters.Q!)), 2);
    }

    public static BigInteger ModulusOf(RSA key) => Positive(key.ExportParameters(false).Modulus!);

    private static BigInteger Positive(byte[] octets) => new(octets, isUnsigned: true, isBigEndian: true);

    private static bool HasNoSmallFactor(BigInteger number) =>
        !Primes().TakeWhile(p => p < 1100).Any(p => number % p == 0);

    private static IEnumerable<int> Primes() =>
        Enumerable.Range(2, 1300).Where(n => !Enumerable.Range(2, (int)Math.Sqrt(n)).Any(d => d < n && n % d == 0));
}
