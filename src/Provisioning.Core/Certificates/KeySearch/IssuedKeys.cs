namespace Provisioning.Core.Certificates.KeySearch;

/// <summary>A piece of all certificates of devices, in the order in which they were issued.</summary>
/// <param name="Last">Where to go on; where it was asked to begin, when there is nothing more.</param>
/// <param name="Items">The certificates; none in a piece of the audit that tells of other things.</param>
/// <param name="Lost">How many the audit knows and the registry has not, or not in a form that can be read.</param>
public sealed record IssuedKeys(long Last, IReadOnlyList<IssuedKey> Items, int Lost);
