namespace Provisioning.Core.Authorities;

/// <summary>The authorities of this service: one root and one issuing authority.</summary>
public sealed class AuthorityDirectory : IDisposable
{
    /// <summary>The name of the root.</summary>
    public const string RootName = "root";

    /// <summary>The name of the authority that signs devices' certificates.</summary>
    public const string IssuingName = "issuing";

    /// <summary>Takes both.</summary>
    /// <param name="root">The root, with or without its key.</param>
    /// <param name="issuing">The issuing authority, with its key.</param>
    public AuthorityDirectory(Authority root, Authority issuing)
    {
        Root = root;
        Issuing = issuing;
        All = [root, issuing];
        Chain = [issuing.Certificate, root.Certificate];
    }

    /// <summary>The trust anchor.</summary>
    public Authority Root { get; }

    /// <summary>The authority that signs devices' certificates.</summary>
    public Authority Issuing { get; }

    /// <summary>Both, the root first.</summary>
    public IReadOnlyList<Authority> All { get; }

    /// <summary>The certificates above a device's, from the issuing authority to the root, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Chain { get; }

    /// <summary>Finds one by name.</summary>
    /// <param name="name">As in paths; compared exactly.</param>
    /// <returns>The authority, or null.</returns>
    public Authority? Find(string name) => All.FirstOrDefault(authority => authority.Name == name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var authority in All) authority.Dispose();
    }
}
