using System.Numerics;

namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>
/// The fingerprint of moduli made by the Infineon library of CVE-2017-15361 (Nemec, Sys, Svenda, Klinec, Matyas: "The
/// Return of Coppersmith's Attack", ACM CCS 2017, §2). Their primes are k·M + (65537^a mod M), M being a product of the
/// first primes; so the modulus is a power of 65537 modulo each of them, with one exponent for all.
/// </summary>
internal static class RocaFingerprint
{
    private const uint Generator = 65537;

    // The primes from 3 to 167 divide M for every size of key that the library made.
    private const uint LastPrime = 167;

    private static readonly int PrimeCount = SmallPrimes.All.IndexOf(LastPrime) + 1;

    // Per prime: the discrete logarithm to base 65537 of each remainder, or -1; and the order of 65537.
    private static readonly (int[] Logarithms, int Order)[] Tables =
        [.. SmallPrimes.All[..PrimeCount].ToArray().Select(Table)];

    /// <summary>Looks for the fingerprint.</summary>
    /// <param name="remainders">The remainders of the modulus by <see cref="SmallPrimes.All"/>.</param>
    /// <returns>True for a key of that library; for another key with a chance far below 2^-30.</returns>
    public static bool Matches(ReadOnlySpan<uint> remainders)
    {
        for (var i = 0; i < PrimeCount; i++)
        {
            if (Tables[i].Logarithms[remainders[i]] < 0)
                return false;
        }

        // A random number comes this far once in 2^27: the subgroups are all it has hit. One exponent that serves all
        // primes exists when each two logarithms agree modulo the greatest common divisor of the two orders.
        for (var i = 0; i < PrimeCount; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var shared = (int)BigInteger.GreatestCommonDivisor(Tables[i].Order, Tables[j].Order);
                if ((Tables[i].Logarithms[remainders[i]] - Tables[j].Logarithms[remainders[j]]) % shared != 0)
                    return false;
            }
        }

        return true;
    }

    private static (int[] Logarithms, int Order) Table(uint prime)
    {
        var logarithms = new int[prime];
        Array.Fill(logarithms, -1);
        var order = 0;
        for (uint power = 1; logarithms[power] < 0; power = power * (Generator % prime) % prime)
            logarithms[power] = order++;
        return (logarithms, order);
    }
}
