using System.Collections.Frozen;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Births;

/// <summary>All trust anchors, in memory, by the names of their authorities. Who finds it stale asks for <see cref="RefreshAsync"/>.</summary>
/// <param name="store">Where they are on record.</param>
public sealed class TrustAnchorCatalog(ITrustAnchorStore store)
{
    private volatile Snapshot _now = new([]);

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<TrustAnchor> All => _now.All;

    internal Snapshot Now => _now;

    /// <summary>Reads all of them again.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>When <see cref="All"/> tells of what was on record when this began.</returns>
    /// <exception cref="Enrollment.StorageUnavailableException">The registry cannot be read; the catalog stays as it is.</exception>
    public async Task RefreshAsync(CancellationToken ct) => _now = new Snapshot(await store.ListAnchorsAsync(ct));

    internal sealed class Snapshot(IReadOnlyList<TrustAnchor> all)
    {
        private readonly FrozenDictionary<Digest, (TrustAnchor Anchor, BirthIssuer Issuer)[]> _byName = all
            .Where(anchor => anchor.WithdrawnAt is null)
            .SelectMany(anchor => anchor.Issuers.Select(issuer => (Anchor: anchor, Issuer: issuer)))
            .GroupBy(pair => Digest.Of(pair.Issuer.Certificate.Subject.Span))
            .ToFrozenDictionary(group => group.Key, group => group.ToArray());

        internal IReadOnlyList<TrustAnchor> All => all;

        /// <summary>Those that could have issued a certificate, by name only.</summary>
        internal (TrustAnchor Anchor, BirthIssuer Issuer)[] FindByName(ReadOnlyMemory<byte> issuerName) =>
            _byName.GetValueOrDefault(Digest.Of(issuerName.Span), []);
    }
}
