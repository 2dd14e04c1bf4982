using System.Globalization;

namespace Provisioning.Core.Authorities;

/// <summary>The authorities of this service: one root, and the generations of the issuing authority, of which the newest signs.</summary>
public sealed class AuthorityDirectory : IDisposable
{
    /// <summary>The name of the root.</summary>
    public const string RootName = "root";

    /// <summary>
    /// The name of the authority that signs devices' certificates: of its first generation, and in groups of whichever is the newest.
    /// </summary>
    public const string IssuingName = "issuing";

    /// <summary>Takes all.</summary>
    /// <param name="root">The root, with or without its key.</param>
    /// <param name="generations">The issuing authority, oldest generation first; the last one has its key.</param>
    public AuthorityDirectory(Authority root, params IReadOnlyList<Authority> generations)
    {
        (Root, Generations) = (root, generations);
        Issuing = generations[^1];
        All = [root, .. generations];
        Chain = ChainOf(Issuing.Name);
    }

    /// <summary>The trust anchor.</summary>
    public Authority Root { get; }

    /// <summary>The authority that signs devices' certificates: the newest generation.</summary>
    public Authority Issuing { get; }

    /// <summary>The issuing authority, oldest first. What the older ones have signed is good until it ends, and revoked by them.</summary>
    public IReadOnlyList<Authority> Generations { get; }

    /// <summary>All of them, the root first.</summary>
    public IReadOnlyList<Authority> All { get; }

    /// <summary>The certificates above one that is issued now, from the issuing authority to the root, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Chain { get; }

    /// <summary>
    /// What whoever judges our certificates is given: all generations of the issuing authority, newest first, and the root, DER. What the older ones
    /// have signed is shown for years, by devices that may send nothing but their own certificate, and CRLs are verified with these.
    /// </summary>
    public IEnumerable<ReadOnlyMemory<byte>> Trusted => Generations.Reverse().Append(Root).Select(authority => authority.Certificate);

    /// <summary>The name of a generation of the issuing authority.</summary>
    /// <param name="generation">1 for the first one.</param>
    /// <returns><see cref="IssuingName"/>, and from the second one on with its number.</returns>
    public static string NameOf(int generation) =>
        generation == 1 ? IssuingName : $"{IssuingName}-{generation.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Which generation of the issuing authority has this name.</summary>
    /// <param name="name">Compared exactly.</param>
    /// <returns>1 or more; null for the root and whatever else.</returns>
    public static int? GenerationOf(string name)
    {
        if (name == IssuingName) return 1;
        const string prefix = IssuingName + "-";
        return name.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number > 1
            && NameOf(number) == name
                ? number
                : null;
    }

    /// <summary>Finds one by name.</summary>
    /// <param name="name">As in paths; compared exactly.</param>
    /// <returns>The authority, or null.</returns>
    public Authority? Find(string name) => All.FirstOrDefault(authority => authority.Name == name);

    /// <summary>The certificates above one of an authority, from that authority to the root, DER.</summary>
    /// <param name="name">The authority.</param>
    /// <returns>The root alone for its own name, and for one that is not known.</returns>
    public IReadOnlyList<ReadOnlyMemory<byte>> ChainOf(string name) => Generations.FirstOrDefault(one => one.Name == name) is { } issuing
        ? [issuing.Certificate, Root.Certificate]
        : [Root.Certificate];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var authority in All) authority.Dispose();
    }
}
