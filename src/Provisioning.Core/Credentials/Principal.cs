using Provisioning.Core.Certificates;

namespace Provisioning.Core.Credentials;

/// <summary>A registrar, an administrator or a relying party.</summary>
public sealed record Principal
{
    /// <summary>Its name: the holder of its certificates.</summary>
    public required string Name { get; init; }

    /// <summary><see cref="HolderKind.Registrar"/>, <see cref="HolderKind.Administrator"/> or <see cref="HolderKind.RelyingParty"/>.</summary>
    public required HolderKind Kind { get; init; }

    /// <summary>What a registrar is limited to, or null for no limits.</summary>
    public ScopeDefinition? Scope { get; init; }

    /// <summary>Counts the changes of the scope.</summary>
    public required long Revision { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset AddedAt { get; init; }
}
