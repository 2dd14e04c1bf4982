using System.Numerics;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Certificates.KeySearch;

namespace Provisioning.Tests.Certificates;

/// <summary>The arithmetic that finds moduli with a prime in common, held against the greatest common divisor of every pair.</summary>
public sealed class SharedPrimeTests
{
    // Every prime is in one number only, unless a test wants something else.
    private readonly Queue<int> _primes = new(Enumerable.Range(100_003, 100_000).Where(IsPrime));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void K_07_nothing_is_found_where_nothing_is_shared()
    {
        var keys = Enumerable.Range(1, 300).Select(number => Key(number, Next(), Next())).ToList();

        Assert.Empty(Search(keys, blockSize: 64));
        Assert.Empty(new SharedPrimes([], Ct).Within(Ct));
        Assert.Empty(new SharedPrimes([], Ct).With(keys, Ct));
        Assert.Empty(new SharedPrimes(keys, Ct).With([], Ct));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 300)]
    [InlineData(64, 65)]
    [InlineData(130, 131)]
    [InlineData(299, 300)]
    [InlineData(5, 170)]
    public void K_07_a_pair_is_found_in_one_block_and_across_blocks(int first, int second)
    {
        var prime = Next();
        var keys = Enumerable.Range(1, 300)
            .Select(number => number == first || number == second ? Key(number, prime, Next()) : Key(number, Next(), Next()))
            .ToList();

        foreach (var blockSize in new[] { 1, 7, 64, 300, 1000 })
            Assert.Equal([(first, second)], Pairs(Search(keys, blockSize)));
    }

    [Fact]
    public void K_07_both_partners_of_a_key_are_found_when_each_has_one_of_its_primes()
    {
        var (p, q) = (Next(), Next());
        List<RsaModulus> keys = [Key(1, p, q), Key(2, Next(), Next()), Key(3, p, Next()), Key(4, Next(), q)];

        foreach (var blockSize in new[] { 1, 2, 3, 4 }) Assert.Equal([(1, 3), (1, 4)], Pairs(Search(keys, blockSize)));
    }

    [Fact]
    public void K_07_the_same_key_twice_is_no_finding_and_hides_none()
    {
        var (p, q) = (Next(), Next());
        List<RsaModulus> keys = [Key(1, p, q), Key(2, p, q), Key(3, Next(), Next()), Key(4, p, q), Key(5, Next(), Next())];
        foreach (var blockSize in new[] { 1, 2, 3, 5 }) Assert.Empty(Search(keys, blockSize));

        keys.Add(Key(6, p, Next()));
        foreach (var blockSize in new[] { 1, 2, 3, 6 })
            Assert.Contains(6L, Search(keys, blockSize).Select(finding => finding.Second.Number));
    }

    [Fact]
    public void K_07_squares_and_moduli_that_share_both_primes_are_found()
    {
        var (p, q) = (Next(), Next());
        List<RsaModulus> keys = [Key(1, p, p), Key(2, p, q), Key(3, p, p, q), Key(4, q, q)];

        Assert.Equal(keys.Select(key => key.Number), Found(Search(keys, blockSize: 2)));
    }

    [Fact]
    public void K_07_three_thousand_keys_with_one_prime_are_all_found_without_all_their_pairs()
    {
        var prime = new BigInteger(Next());
        var keys = Enumerable.Range(1, 3000).Select(number => Key(number, prime, Next())).ToList();

        var findings = Search(keys, blockSize: 500);

        Assert.Equal(keys.Select(key => key.Number), Found(findings));
        Assert.True(findings.Count < 10 * keys.Count, $"{findings.Count}");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 16)]
    [InlineData(4, 50)]
    [InlineData(5, 200)]
    public void K_07_random_moduli_are_judged_as_by_every_pair(int seed, int blockSize)
    {
        // Few primes: many moduli share one, some both, some are the same.
        var random = new Random(seed);
        var primes = Enumerable.Range(0, 60 * seed).Select(_ => Next()).ToArray();
        var keys = Enumerable.Range(1, 120)
            .Select(number => Key(number, primes[random.Next(primes.Length)], primes[random.Next(primes.Length)]))
            .ToList();
        var expected = keys
            .Where(key => keys.Any(other => NumberOf(other) != NumberOf(key) && Share(key, other)))
            .Select(NumberOf).Distinct().Order();

        var findings = Search(keys, blockSize);

        Assert.All(findings, finding => Assert.True(Share(finding.First, finding.Second)));
        Assert.All(findings, finding => Assert.NotEqual(NumberOf(finding.First), NumberOf(finding.Second)));
        Assert.Equal(expected, findings.SelectMany(finding => new[] { finding.First, finding.Second }).Select(NumberOf).Distinct().Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    public void K_07_what_is_no_modulus_is_not_taken(int number)
    {
        Assert.Throws<ArgumentException>(() => new SharedPrimes([Key(1, number)], Ct));
        Assert.Throws<ArgumentException>(() => new SharedPrimes([Key(1, Next())], Ct).With([Key(2, number)], Ct));
    }

    [Fact]
    public async Task K_07_a_search_can_be_given_up()
    {
        var keys = Enumerable.Range(1, 10).Select(number => Key(number, Next(), Next())).ToList();
        var block = new SharedPrimes(keys, Ct);
        using var given = new CancellationTokenSource();
        await given.CancelAsync();

        Assert.Throws<OperationCanceledException>(() => new SharedPrimes(keys, given.Token));
        Assert.Throws<OperationCanceledException>(() => block.Within(given.Token));
        Assert.Throws<OperationCanceledException>(() => block.With([Key(11, Next(), Next())], given.Token));
    }

    [Fact]
    public void A_modulus_is_known_by_its_thumbprint()
    {
        var octets = CsrBuilder.Rsa2048.ExportParameters(includePrivateParameters: false).Modulus!;
        var key = new RsaModulus(1, "pump-1", Digest.Of(CsrBuilder.Rsa2048.ExportSubjectPublicKeyInfo()), octets);
        Assert.True(RsaKeys.IsIntact(key));
        for (var i = 0; i < octets.Length; i++)
        {
            var bent = octets.ToArray();
            bent[i] ^= 0x80;
            Assert.False(RsaKeys.IsIntact(key with { Modulus = bent }), $"octet {i}");
        }

        foreach (var length in new[] { 0, 1, 255 }) Assert.False(RsaKeys.IsIntact(key with { Modulus = octets.AsMemory(0, length) }));
    }

    // As the service searches: each block within itself, and with all before it.
    private static List<SharedPrime> Search(IReadOnlyList<RsaModulus> keys, int blockSize)
    {
        var findings = new List<SharedPrime>();
        foreach (var (index, fresh) in keys.Chunk(blockSize).Index())
        {
            var block = new SharedPrimes(fresh, Ct);
            findings.AddRange(block.Within(Ct));
            foreach (var known in keys.Take(index * blockSize).Chunk(blockSize)) findings.AddRange(block.With(known, Ct));
        }

        return findings;
    }

    private static IEnumerable<(int, int)> Pairs(IEnumerable<SharedPrime> findings) =>
        findings.Select(finding => ((int)finding.First.Number, (int)finding.Second.Number)).Order();

    private static IEnumerable<long> Found(IEnumerable<SharedPrime> findings) => findings
        .SelectMany(finding => new[] { finding.First.Number, finding.Second.Number }).Distinct().Order();

    private static bool Share(RsaModulus first, RsaModulus second) =>
        !BigInteger.GreatestCommonDivisor(NumberOf(first), NumberOf(second)).IsOne;

    private static BigInteger NumberOf(RsaModulus key) => new(key.Modulus.Span, isUnsigned: true, isBigEndian: true);

    private static RsaModulus Key(int number, params BigInteger[] factors)
    {
        var octets = factors.Aggregate(BigInteger.One, (product, factor) => product * factor).ToByteArray(isUnsigned: true, isBigEndian: true);
        return new RsaModulus(number, $"pump-{number}", Digest.Of(octets), octets);
    }

    private static bool IsPrime(int number) =>
        number % 2 != 0 && Enumerable.Range(1, (int)Math.Sqrt(number) / 2).All(half => number % ((2 * half) + 1) != 0);

    private int Next() => _primes.Dequeue();
}
