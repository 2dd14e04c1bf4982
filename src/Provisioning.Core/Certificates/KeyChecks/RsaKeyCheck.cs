using System.Numerics;

using Provisioning.Core.Certificates.Requests;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>
/// The arithmetic that tells a broken RSA modulus from a good one, as far as it can be told within milliseconds.
/// Not here: the keys of Debian's OpenSSL of 2008 and other published ones, which are a list (the blocked keys);
/// primes shared with other keys, which take all keys at once (<see cref="KeySearch.SharedPrimeSearch"/>); and a modulus that is itself a prime, which takes an
/// exponentiation as long as the modulus: 16 ms for 2048 bits and 80 for 4096, where a request may cost 10.
/// </summary>
internal static class RsaKeyCheck
{
    /// <summary>Checks parity, small factors, the ROCA fingerprint and close primes.</summary>
    /// <param name="key">Any key; those that are not RSA pass.</param>
    /// <returns>Null, or why not.</returns>
    public static Refusal? Check(PublicKeyFacts key)
    {
        if (!key.IsRsa)
            return null;
        if ((key.Modulus[^1] & 1) == 0)
            return RequestRefusals.BadKey("The RSA modulus is even.");

        var remainders = SmallPrimes.Remainders(key.Modulus);
        if (remainders.AsSpan().Contains(0u))
            return RequestRefusals.BadKey("The RSA modulus has a small factor.");
        if (RocaFingerprint.Matches(remainders))
        {
            return new Refusal(
                RefusalCode.Roca,
                "The RSA key was made by a library whose keys can be factored (CVE-2017-15361). Update the chip "
                + "and make a new key.");
        }

        return ClosePrimes.Finds(new BigInteger(key.Modulus, isUnsigned: true, isBigEndian: true))
            ? RequestRefusals.BadKey(
                "The two primes of the RSA key are so close together that the key can be factored.")
            : null;
    }
}
