using System.Buffers.Binary;

namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>
/// The odd primes below 1024, and the remainders of a large number by all of them in one pass over it for each group.
/// </summary>
internal static class SmallPrimes
{
    private const int Limit = 1024;

    private static readonly uint[] Primes = [.. Enumerable.Range(3, Limit - 3).Where(IsPrime).Select(p => (uint)p)];

    // The products of neighbors, each as large as 32 bits hold: one division of a limb serves several primes.
    private static readonly (uint Product, int Count)[] Groups = Group();

    public static ReadOnlySpan<uint> All => Primes;

    /// <summary>Reduces a number by each prime.</summary>
    /// <param name="number">Big-endian; a multiple of 4 octets.</param>
    /// <returns>The remainders, in the order of <see cref="All"/>.</returns>
    public static uint[] Remainders(ReadOnlySpan<byte> number)
    {
        var remainders = new uint[Primes.Length];
        var next = 0;
        foreach (var (product, count) in Groups)
        {
            ulong remainder = 0;
            for (var i = 0; i < number.Length; i += 4)
                remainder = ((remainder << 32) | BinaryPrimitives.ReadUInt32BigEndian(number[i..])) % product;
            for (var end = next + count; next < end; next++)
                remainders[next] = (uint)remainder % Primes[next];
        }

        return remainders;
    }

    private static bool IsPrime(int candidate) =>
        candidate % 2 != 0 && !Enumerable.Range(2, (int)Math.Sqrt(candidate) - 1).Any(d => candidate % d == 0);

    private static (uint Product, int Count)[] Group()
    {
        var groups = new List<(uint Product, int Count)>();
        foreach (var prime in Primes)
        {
            if (groups.Count > 0 && (ulong)groups[^1].Product * prime <= uint.MaxValue)
                groups[^1] = (groups[^1].Product * prime, groups[^1].Count + 1);
            else
                groups.Add((prime, 1));
        }

        return [.. groups];
    }
}
