namespace Provisioning.Server.Limits;

/// <summary>
/// How many connections each site has, and in it each address; and whose turn it is to have less. What it knows of an address
/// goes with its last connection. Not for several threads at once.
/// </summary>
internal sealed class ConnectionShares
{
    // Nobody looks longer for one that does nothing.
    private const int LookAt = 64;

    private readonly Parts<Site> _sites = new();

    /// <summary>How many connections there are.</summary>
    internal int Count { get; private set; }

    /// <summary>The site with most of them.</summary>
    internal (CallerAddress Site, int Count) Heaviest => _sites.Heaviest is { } site ? (site.Key, site.Count) : default;

    /// <summary>How many a site has.</summary>
    internal int CountOf(CallerAddress site) => _sites.Find(site)?.Count ?? 0;

    internal void Add(HeldConnection held)
    {
        var site = _sites.Find(held.Address.Site) ?? _sites.Add(new Site { Key = held.Address.Site });
        var address = site.Addresses.Find(held.Address) ?? site.Addresses.Add(new Address { Key = held.Address });
        address.Connections.AddLast(held.Place);
        site.Addresses.Change(address, 1);
        _sites.Change(site, 1);
        Count++;
    }

    internal void Remove(HeldConnection held)
    {
        var site = _sites.Find(held.Address.Site)!;
        var address = site.Addresses.Find(held.Address)!;
        address.Connections.Remove(held.Place);
        site.Addresses.Change(address, -1);
        _sites.Change(site, -1);
        Count--;
    }

    /// <summary>
    /// One whose place belongs to one more connection of an address: of the site that holds most, if that stays no smaller than the one that gets it;
    /// else of the address that holds most in the site itself, by the same rule.
    /// </summary>
    /// <returns>Null when the address has its share.</returns>
    internal HeldConnection? FindWhoGivesWay(CallerAddress comes)
    {
        if (_sites.Heaviest is not { } heaviest) return null;
        var own = _sites.Find(comes.Site);
        if (heaviest.Count > (own?.Count ?? 0) + 1) return Choose(heaviest.Addresses.Heaviest!);
        return own?.Addresses.Heaviest is { } neighbor && neighbor.Count > (own.Addresses.Find(comes)?.Count ?? 0) + 1 ? Choose(neighbor) : null;
    }

    // The newest that is not being served, in which the least was put; else the newest.
    private static HeldConnection Choose(Address address)
    {
        var one = address.Connections.Last;
        for (var looked = 0; one is not null && looked < LookAt; looked++, one = one.Previous)
            if (!one.Value.IsServed) return one.Value;
        return address.Connections.Last!.Value;
    }

    private abstract class Part
    {
        internal required CallerAddress Key { get; init; }

        internal int Count { get; set; }
    }

    private sealed class Address : Part
    {
        internal LinkedList<HeldConnection> Connections { get; } = new();
    }

    private sealed class Site : Part
    {
        internal Parts<Address> Addresses { get; } = new();
    }

    // By their keys, and by how much they hold.
    private sealed class Parts<T>
        where T : Part
    {
        private static readonly IComparer<T> ByCount = Comparer<T>.Create(static (one, other) =>
            (one.Count, one.Key.Prefix, one.Key.Bits).CompareTo((other.Count, other.Key.Prefix, other.Key.Bits)));

        private readonly Dictionary<CallerAddress, T> _all = [];
        private readonly SortedSet<T> _byCount = new(ByCount);

        internal T? Heaviest => _byCount.Max;

        internal T? Find(CallerAddress key) => _all.GetValueOrDefault(key);

        internal T Add(T part)
        {
            _all.Add(part.Key, part);
            return part;
        }

        internal void Change(T part, int by)
        {
            if (part.Count > 0) _byCount.Remove(part);
            part.Count += by;
            if (part.Count > 0) _byCount.Add(part);
            else _all.Remove(part.Key);
        }
    }
}
