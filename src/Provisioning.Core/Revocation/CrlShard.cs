namespace Provisioning.Core.Revocation;

/// <summary>A shard of an authority's CRL.</summary>
/// <param name="Scope">Which.</param>
/// <param name="Addresses">
/// Every address that certificates in it name: all of them stand in its issuingDistributionPoint, because whoever checks a certificate
/// looks for the one that it names (RFC 5280 §6.3.3 b 2 i). The oldest first.
/// </param>
public sealed record CrlShard(CrlScope Scope, IReadOnlyList<string> Addresses);
