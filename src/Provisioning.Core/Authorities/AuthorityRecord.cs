namespace Provisioning.Core.Authorities;

/// <summary>An authority as it is on record; its key is in a file, never here.</summary>
/// <param name="Name">The name in paths: <c>root</c>, <c>issuing</c>.</param>
/// <param name="Issuer">The name of the authority that signed it; its own for a root.</param>
/// <param name="Certificate">Its certificate, DER.</param>
public sealed record AuthorityRecord(string Name, string Issuer, ReadOnlyMemory<byte> Certificate);
