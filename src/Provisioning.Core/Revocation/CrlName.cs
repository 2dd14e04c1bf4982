namespace Provisioning.Core.Revocation;

/// <summary>Which of the published CRLs.</summary>
/// <param name="Scope">Whose.</param>
/// <param name="IsDelta">Whether it tells only what has changed since another one (RFC 5280 §5.2.4).</param>
public readonly record struct CrlName(CrlScope Scope, bool IsDelta = false)
{
    /// <summary>The complete CRL without shards.</summary>
    /// <param name="authority">The name of the authority.</param>
    public CrlName(string authority)
        : this(new CrlScope(authority))
    {
    }

    /// <summary>The name of the file in the folder of CRLs.</summary>
    public string FileName =>
        Scope.Authority + (Scope.Shard == 0 ? "" : $".{Scope.Shard}") + (IsDelta ? ".delta.crl" : ".crl");

    /// <summary>As people read it.</summary>
    /// <returns>Such as <c>issuing/3 (delta)</c>.</returns>
    public override string ToString() => IsDelta ? $"{Scope} (delta)" : Scope.ToString();
}
