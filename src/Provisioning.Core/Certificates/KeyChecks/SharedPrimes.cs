using System.Numerics;

using Provisioning.Core.Certificates.KeySearch;

namespace Provisioning.Core.Certificates.KeyChecks;

/// <summary>
/// Finds RSA moduli that have a prime in common with one of a block of others, by product and remainder trees (D. J. Bernstein, "How to
/// find smooth parts of integers", 2004): the product of the block modulo each modulus tells whether it shares anything with any of the
/// block, and costs much less than a greatest common divisor for each pair. Every key that shares a prime with another one is in a
/// finding, but not every pair: ten thousand keys with one prime would be fifty million pairs.
/// </summary>
/// <remarks>
/// Moduli are odd and greater than 1. The same modulus twice is one key, not two that share something.
/// </remarks>
internal sealed class SharedPrimes
{
    private readonly HashSet<BigInteger> _block = [];
    private readonly Node? _root;

    /// <summary>Takes a block.</summary>
    /// <param name="block">Its keys; memory grows with their number, by a small multiple of their octets.</param>
    /// <param name="ct">Gives up.</param>
    public SharedPrimes(IEnumerable<RsaModulus> block, CancellationToken ct) =>
        _root = Build([.. block.Select(Leaf).Where(leaf => _block.Add(leaf.Product))], ct);

    /// <summary>Finds those of the block that share a prime with others of it.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>Pairs; each key of the block that shares a prime within it is in one of them.</returns>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public List<SharedPrime> Within(CancellationToken ct)
    {
        var findings = new List<SharedPrime>();
        Halves(_root, findings, ct);
        return findings;
    }

    /// <summary>Finds those of other keys that share a prime with some of the block.</summary>
    /// <param name="known">The others; those that are of the block themselves are passed over.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Pairs: a known key, and one of the block for each prime that it shares.</returns>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public List<SharedPrime> With(IEnumerable<RsaModulus> known, CancellationToken ct)
    {
        var findings = new List<SharedPrime>();
        var others = Build([.. known.Select(Leaf).Where(leaf => !_block.Contains(leaf.Product))], ct);
        if (_root is not null && others is not null) Across(_root, _root.Product, others, findings, ct);
        return findings;
    }

    private static Node Leaf(RsaModulus key)
    {
        var modulus = new BigInteger(key.Modulus.Span, isUnsigned: true, isBigEndian: true);
        return modulus > 1 && !modulus.IsEven
            ? new Node(modulus) { Key = key }
            : throw new ArgumentException("A modulus is odd and greater than 1.", nameof(key));
    }

    private static Node? Build(ReadOnlySpan<Node> leaves, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (leaves.Length < 2) return leaves.IsEmpty ? null : leaves[0];
        var (left, right) = (Build(leaves[..(leaves.Length / 2)], ct)!, Build(leaves[(leaves.Length / 2)..], ct)!);
        return new Node(left.Product * right.Product) { Left = left, Right = right };
    }

    // Two keys of a block are at some node on different sides.
    private static void Halves(Node? node, List<SharedPrime> findings, CancellationToken ct)
    {
        if (node is not { Left: { } left, Right: { } right }) return;
        Across(right, right.Product, left, findings, ct);
        Halves(left, findings, ct);
        Halves(right, findings, ct);
    }

    // rest is the product of the block, modulo something that the other node's product divides.
    private static void Across(Node block, BigInteger rest, Node other, List<SharedPrime> findings, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        rest %= other.Product;
        if (other.Key is { } key)
        {
            var shared = BigInteger.GreatestCommonDivisor(rest, other.Product);
            if (!shared.IsOne) Partners(key, ref shared, block, findings);
            return;
        }

        Across(block, rest, other.Left!, findings, ct);
        Across(block, rest, other.Right!, findings, ct);
    }

    // Goes down to the first key for each prime that is shared, and takes the prime out of what is still looked for.
    private static void Partners(RsaModulus key, ref BigInteger shared, Node block, List<SharedPrime> findings)
    {
        var common = shared.IsOne ? shared : BigInteger.GreatestCommonDivisor(block.Product % shared, shared);
        if (common.IsOne) return;
        if (block.Key is { } partner)
        {
            findings.Add(new SharedPrime(key, partner));
            shared /= common;
            return;
        }

        Partners(key, ref shared, block.Left!, findings);
        Partners(key, ref shared, block.Right!, findings);
    }

    private sealed record Node(BigInteger Product)
    {
        public RsaModulus? Key { get; init; }

        public Node? Left { get; init; }

        public Node? Right { get; init; }
    }
}
