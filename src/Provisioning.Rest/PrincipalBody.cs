using Provisioning.Core.Certificates;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>A registrar, administrator or relying party that is to have a certificate.</summary>
internal sealed record PrincipalBody
{
    /// <summary>Its name: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    /// <example>station-2</example>
    public required string Name { get; init; }

    /// <summary><c>registrar</c>, <c>administrator</c> or <c>relyingParty</c>.</summary>
    /// <example>registrar</example>
    [NamesOf(typeof(HolderKind))]
    public required string Kind { get; init; }

    /// <summary>The PKCS#10 certification request: PEM, or the DER in base64. Its subject is empty or the name.</summary>
    public required string Csr { get; init; }
}
