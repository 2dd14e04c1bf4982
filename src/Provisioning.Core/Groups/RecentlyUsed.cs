using System.Collections.Concurrent;

namespace Provisioning.Core.Groups;

/// <summary>
/// Keeps what is dear to make and asked for by the same text again and again, in bounded space: what was asked for lately stays. Two
/// generations: when the younger one is full, the older one is forgotten.
/// </summary>
/// <param name="size">How many make a generation.</param>
/// <param name="make">Makes one; cheap for one that is never used, since two threads may both make it.</param>
internal sealed class RecentlyUsed<T>(int size, Func<string, T> make)
{
    private readonly Lock _aging = new();
    private volatile ConcurrentDictionary<string, T> _younger = new();
    private volatile ConcurrentDictionary<string, T> _older = new();

    /// <summary>Gives what belongs to a text.</summary>
    internal T Get(string text)
    {
        var younger = _younger;
        if (younger.TryGetValue(text, out var known)) return known;
        known = younger.GetOrAdd(text, _older.TryGetValue(text, out known) ? known : make(text));
        if (younger.Count >= size) Age(younger);
        return known;
    }

    private void Age(ConcurrentDictionary<string, T> full)
    {
        lock (_aging)
        {
            if (_younger != full) return;
            _older = full;
            _younger = new ConcurrentDictionary<string, T>();
        }
    }
}
