using System.Collections.Concurrent;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>
/// The answers that were signed lately, found by all octets of their CertID. Two halves: when the younger one is full it becomes the older
/// one, and what was in that is forgotten unless somebody has asked for it meanwhile. So memory is bounded, and neither a hit nor a miss
/// waits for anybody.
/// </summary>
internal sealed class OcspCache(int capacity)
{
    private readonly Lock _turn = new();
    private readonly int _half = capacity / 2;
    private volatile ConcurrentDictionary<Key, OcspCached> _young = new();
    private volatile ConcurrentDictionary<Key, OcspCached> _old = new();
    private int _added;

    /// <summary>How many there are; counts them all.</summary>
    internal int Count => _young.Count + _old.Count;

    /// <summary>All of them; one may come twice.</summary>
    internal IEnumerable<OcspCached> All => _young.Concat(_old).Select(one => one.Value);

    internal OcspCached? Find(ReadOnlyMemory<byte> certId)
    {
        var key = new Key(certId);
        if (_young.TryGetValue(key, out var found)) return found;
        if (!_old.TryGetValue(key, out found)) return null;
        Put(found);
        return found;
    }

    /// <summary>Keeps an answer, in the place of the one before.</summary>
    internal void Put(OcspCached cached)
    {
        var key = new Key(cached.CertId.Encoded);
        var young = _young;
        if (young.ContainsKey(key))
        {
            young[key] = cached;
            return;
        }

        if (Interlocked.Increment(ref _added) >= _half) Turn(young);
        _young[key] = cached;
    }

    /// <summary>Forgets what is no longer valid.</summary>
    internal void Drop(OcspCached cached)
    {
        var one = KeyValuePair.Create(new Key(cached.CertId.Encoded), cached);
        _old.TryRemove(one);

        // What it counted for stays counted: the halves turn a little early.
        _young.TryRemove(one);
    }

    private void Turn(ConcurrentDictionary<Key, OcspCached> full)
    {
        lock (_turn)
        {
            if (_young != full) return;
            _old = full;
            _young = new ConcurrentDictionary<Key, OcspCached>();
            Interlocked.Exchange(ref _added, 0);
        }
    }

    // HashCode is seeded anew in each process: nobody can make up keys that collide.
    private readonly struct Key(ReadOnlyMemory<byte> octets) : IEquatable<Key>
    {
        private readonly ReadOnlyMemory<byte> _octets = octets;

        public bool Equals(Key other) => _octets.Span.SequenceEqual(other._octets.Span);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(_octets.Span);
            return hash.ToHashCode();
        }
    }
}
