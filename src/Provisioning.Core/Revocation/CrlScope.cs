namespace Provisioning.Core.Revocation;

/// <summary>What one sequence of CRL numbers is for: the certificates of one shard of an authority.</summary>
/// <param name="Authority">The name of the authority.</param>
/// <param name="Shard">1 or more; 0 for the CRL without shards.</param>
public readonly record struct CrlScope(string Authority, int Shard = 0)
{
    /// <summary>As people read it, and as it stands in paths.</summary>
    /// <returns>Such as <c>issuing</c> or <c>issuing/3</c>.</returns>
    public override string ToString() => Shard == 0 ? Authority : $"{Authority}/{Shard}";
}
