namespace Provisioning.Core.Certificates.KeySearch;

/// <summary>How far the search has come, as it is on record.</summary>
/// <param name="Collected">The audit entry up to which the keys of issued certificates were looked at; 0 at the beginning.</param>
/// <param name="Searched">The <see cref="RsaModulus.Number"/> up to which each key was compared with all before it.</param>
public readonly record struct KeySearchPosition(long Collected, long Searched);
