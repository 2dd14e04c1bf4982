using System.Numerics;

namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>
/// Fermat's method: n = a² − b² = (a + b)(a − b) is found at once when the two primes lie close together, as some
/// libraries made them (CVE-2022-26320), or are the same.
/// </summary>
internal static class ClosePrimes
{
    private const int Rounds = 100;

    // Squares leave 12 of the 64 remainders by 64, and 16, 21 and 6 of those by 63, 65 and 11: one number in 120 is
    // looked at.
    private const int Modulus = 63 * 65 * 11;

    private static readonly bool[] Squares64 = SquaresModulo(64);
    private static readonly bool[] SquaresModulus = SquaresModulo(Modulus);

    /// <summary>Tries.</summary>
    /// <param name="modulus">An RSA modulus.</param>
    /// <returns>True when 100 rounds factor it.</returns>
    public static bool Finds(BigInteger modulus)
    {
        var root = SquareRoot(modulus);
        var a = root * root == modulus ? root : root + 1;
        var square = (a * a) - modulus;
        for (var round = 0; round < Rounds; round++)
        {
            if (IsSquare(square))
                return true;
            square += (2 * a) + 1;
            a++;
        }

        return false;
    }

    private static bool IsSquare(BigInteger number)
    {
        if (!Squares64[(int)(number & 63)] || !SquaresModulus[(int)(number % Modulus)])
            return false;
        var root = SquareRoot(number);
        return root * root == number;
    }

    // Rounded down. Each step doubles the number of correct bits, so that the whole costs little more than its last
    // division (the algorithm of Python's math.isqrt, with its proof).
    private static BigInteger SquareRoot(BigInteger number)
    {
        if (number.IsZero)
            return BigInteger.Zero;
        var half = (int)((number.GetBitLength() - 1) / 2);
        var root = BigInteger.One;
        var done = 0;
        for (var step = 31 - BitOperations.LeadingZeroCount((uint)half); step >= 0; step--)
        {
            var before = done;
            done = half >> step;
            root = (root << (done - before - 1)) + ((number >> ((2 * half) - before - done + 1)) / root);
        }

        return root * root > number ? root - 1 : root;
    }

    private static bool[] SquaresModulo(int modulus)
    {
        var squares = new bool[modulus];
        for (long i = 0; i < modulus; i++)
            squares[i * i % modulus] = true;
        return squares;
    }
}
