using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A registrar, an administrator or a relying party.</summary>
internal sealed record PrincipalDocument
{
    /// <summary>Its name: the holder of its certificates.</summary>
    /// <example>factory-line</example>
    public required string Name { get; init; }

    /// <summary>What it may do here.</summary>
    /// <example>registrar</example>
    [NamesOf(typeof(HolderKind))]
    public required string Kind { get; init; }

    /// <summary>What a registrar is limited to; null for no limits.</summary>
    public required ScopeBody? Scope { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset AddedAt { get; init; }

    internal static PrincipalDocument Of(Principal principal) => new()
    {
        Name = principal.Name,
        Kind = WireNames.Of(principal.Kind),
        Scope = ScopeBody.Of(principal.Scope),
        AddedAt = principal.AddedAt,
    };
}
