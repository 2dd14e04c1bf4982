using System.Numerics;
using System.Security.Cryptography;

namespace Provisioning.Tests.Certificates;

/// <summary>RSA keys as two devices with the same bad random source make them: whole keys, with which requests are signed.</summary>
internal static class RsaPairs
{
    private const int Exponent = 65537;

    /// <summary>Two keys of 2048 bits with one prime in common.</summary>
    public static (RSA First, RSA Second) WithOnePrime()
    {
        var (first, other) = (RSA.Create(2048), RSA.Create(2048));
        var (p, q) = (Prime(first.ExportParameters(true).P!), Prime(other.ExportParameters(true).Q!));
        other.ImportParameters(KeyOf(p, q));
        return (first, other);
    }

    // OpenSSL sets the two highest bits of each prime, so the product of any two has exactly twice as many.
    private static RSAParameters KeyOf(BigInteger p, BigInteger q)
    {
        // d = (1 + k·φ) / e for the one k below e that leaves no remainder; e is a prime.
        var phi = (p - 1) * (q - 1);
        var k = Exponent - BigInteger.ModPow(phi % Exponent, Exponent - 2, Exponent);
        var d = ((phi * k) + 1) / Exponent;
        return new RSAParameters
        {
            Modulus = Octets(p * q, 256),
            Exponent = [1, 0, 1],
            P = Octets(p, 128),
            Q = Octets(q, 128),
            D = Octets(d, 256),
            DP = Octets(d % (p - 1), 128),
            DQ = Octets(d % (q - 1), 128),
            InverseQ = Octets(BigInteger.ModPow(q, p - 2, p), 128),
        };
    }

    private static BigInteger Prime(byte[] octets) => new(octets, isUnsigned: true, isBigEndian: true);

    private static byte[] Octets(BigInteger number, int length)
    {
        var octets = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[length - octets.Length], .. octets];
    }
}
