namespace Provisioning.Core.Certificates;

/// <summary>A subject alternative name (RFC 5280 §4.2.1.6) of a kind that this service may put into a certificate.</summary>
public abstract record GeneralName
{
    private GeneralName()
    {
    }

    /// <summary>A host name, lower case.</summary>
    /// <param name="Name">Letters, digits and hyphens in labels of at most 63, at most 253 in all.</param>
    public sealed record Dns(string Name) : GeneralName;

    /// <summary>An IP address.</summary>
    /// <param name="Address">As .NET prints it.</param>
    public sealed record Ip(string Address) : GeneralName;

    /// <summary>An absolute URI.</summary>
    /// <param name="Value">At most 2 048 ASCII characters.</param>
    public sealed record Uri(string Value) : GeneralName;

    /// <summary>A permanentIdentifier without an assigner (RFC 4043), OID 1.3.6.1.5.5.7.8.3.</summary>
    /// <param name="Value">The identifier.</param>
    public sealed record PermanentIdentifier(string Value) : GeneralName;
}
