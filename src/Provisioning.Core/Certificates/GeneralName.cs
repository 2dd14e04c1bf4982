namespace Provisioning.Core.Certificates;

/// <summary>A subject alternative name (RFC 5280 §4.2.1.6) of a kind that this service may put into a certificate.</summary>
public abstract record GeneralName
{
    private GeneralName()
    {
    }

    /// <summary>
    /// The name with its kind, where relying parties find its holder by it; null for identifiers, which are unique by what they are made
    /// of.
    /// </summary>
    public string? Findable => this switch
    {
        Dns(var name) => "dns:" + name,
        Ip(var address) => "ip:" + address,
        Uri(var value) => "uri:" + value,
        _ => null,
    };

    /// <summary>A host name, lower case.</summary>
    /// <param name="Name">Letters, digits and hyphens in labels of at most 63, at most 253 in all.</param>
    public sealed record Dns(string Name) : GeneralName;

    /// <summary>An IP address.</summary>
    /// <param name="Address">As .NET prints it.</param>
    public sealed record Ip(string Address) : GeneralName;

    /// <summary>An absolute URI.</summary>
    /// <param name="Value">At most 2 048 ASCII characters.</param>
    public sealed record Uri(string Value) : GeneralName;

    /// <summary>A permanentIdentifier (RFC 4043), OID 1.3.6.1.5.5.7.8.3.</summary>
    /// <param name="Value">The identifier.</param>
    /// <param name="Assigner">The OID of who assigned it, dotted; null when the certificate's issuer did.</param>
    public sealed record PermanentIdentifier(string Value, string? Assigner = null) : GeneralName;

    /// <summary>A hardwareModuleName (RFC 4108 §5), OID 1.3.6.1.5.5.7.8.4.</summary>
    /// <param name="Type">The OID of the type of hardware, dotted.</param>
    /// <param name="SerialNumber">The octets of its serial number, upper-case hex.</param>
    public sealed record HardwareModuleName(string Type, string SerialNumber) : GeneralName;
}
