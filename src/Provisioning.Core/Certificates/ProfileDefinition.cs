using System.Text.Json.Serialization;

namespace Provisioning.Core.Certificates;

/// <summary>A certificate profile as data: what its file holds, and what the REST API takes and gives.</summary>
public sealed record ProfileDefinition
{
    /// <summary>Its name: 1 to 32 of <c>a-z 0-9 -</c>, starting with a letter.</summary>
    /// <example>mqtt-client</example>
    public required string Name { get; init; }

    /// <summary>What it is for, for people.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Description { get; init; }

    /// <summary>Who holds such a certificate: <c>device</c>, <c>registrar</c>, <c>administrator</c>, <c>claim</c>, <c>service</c> or <c>authority</c>.</summary>
    /// <example>device</example>
    public required string Holder { get; init; }

    /// <summary>The attributes of the subject, in their order; may be empty when there are alternative names.</summary>
    public required IReadOnlyList<SubjectDefinition> Subject { get; init; }

    /// <summary>The subject alternative names, in their order.</summary>
    public required IReadOnlyList<AlternativeNameDefinition> AlternativeNames { get; init; }

    /// <summary>What is done with names in a request that are not granted: <c>refuse</c> (the default) or <c>ignore</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RequestedNames { get; init; }

    /// <summary>The kinds of key that it accepts: of <c>p256</c>, <c>p384</c>, <c>p521</c>, <c>rsa2048</c>, <c>rsa3072</c>, <c>rsa4096</c>.</summary>
    public required IReadOnlyList<string> KeyAlgorithms { get; init; }

    /// <summary>The key usage of every key, by the names of RFC 5280 §4.2.1.3.</summary>
    public required IReadOnlyList<string> KeyUsage { get; init; }

    /// <summary>What RSA keys get beside it: <c>keyEncipherment</c> and <c>dataEncipherment</c> are not for EC keys (RFC 8813).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? RsaKeyUsage { get; init; }

    /// <summary>What is done with key usages in a request beyond the granted ones: <c>refuse</c> (the default) or <c>ignore</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RequestedKeyUsage { get; init; }

    /// <summary>The extended key usages, by well-known name such as <c>clientAuth</c> or as dotted OIDs.</summary>
    public required IReadOnlyList<string> ExtendedKeyUsage { get; init; }

    /// <summary>The policies that a certificate is issued under (RFC 5280 §4.2.1.4).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PolicyDefinition>? CertificatePolicies { get; init; }

    /// <summary>Authorities only: how many authorities may follow below.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PathLength { get; init; }

    /// <summary>From issue to end, an ISO 8601 duration; this or <c>notAfter</c>.</summary>
    /// <example>P365D</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Lifetime { get; init; }

    /// <summary>Only <c>99991231235959Z</c>: no well-defined end (RFC 5280 §4.1.2.5).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NotAfter { get; init; }

    /// <summary>With <c>notAfter</c> only: true when that is said although the issuer ends earlier, as IEEE 802.1AR wants it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? OutlivesIssuer { get; init; }

    /// <summary>How far the begin lies before the issue, an ISO 8601 duration.</summary>
    /// <example>PT1H</example>
    public required string Backdating { get; init; }

    /// <summary>The part of the lifetime after which the holder should renew; 0.6 when it is not said.</summary>
    /// <example>0.6</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RenewAfter { get; init; }

    /// <summary>The part of the lifetime by which the holder should have renewed; 0.9 when it is not said.</summary>
    /// <example>0.9</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RenewBefore { get; init; }
}

/// <summary>An attribute of the subject: one field with its template, and perhaps <c>optional</c>.</summary>
public sealed record SubjectDefinition
{
    /// <summary>The common name, at most 64 characters.</summary>
    /// <example>${deviceId}</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CommonName { get; init; }

    /// <summary>The serial number of the device (2.5.4.5), a PrintableString of at most 64 characters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SerialNumber { get; init; }

    /// <summary>The organization, at most 64 characters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Organization { get; init; }

    /// <summary>The organizational unit, at most 64 characters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OrganizationalUnit { get; init; }

    /// <summary>The locality, at most 128 characters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Locality { get; init; }

    /// <summary>The country, two capital letters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Country { get; init; }

    /// <summary>True to leave it out where a value is missing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Optional { get; init; }
}

/// <summary>An alternative name: one field with its template, and perhaps <c>optional</c>.</summary>
public sealed record AlternativeNameDefinition
{
    /// <summary>A host name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Dns { get; init; }

    /// <summary>An IP address.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Ip { get; init; }

    /// <summary>An absolute URI, such as <c>urn:dev:…</c> or <c>spiffe://…</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Uri { get; init; }

    /// <summary>A permanentIdentifier (RFC 4043).</summary>
    /// <example>${deviceId}</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PermanentIdentifier { get; init; }

    /// <summary>Beside it: the OID of who assigned it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Assigner { get; init; }

    /// <summary>The serial number in a hardwareModuleName (RFC 4108 §5).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? HardwareModuleName { get; init; }

    /// <summary>Beside it: the OID of the type of hardware.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? HardwareType { get; init; }

    /// <summary>True to leave it out where a value is missing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Optional { get; init; }

    /// <summary>
    /// True for a host name, an address or a URI that several devices may have at once, such as that of the machine that they run on.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Shared { get; init; }
}

/// <summary>A certificate policy.</summary>
public sealed record PolicyDefinition
{
    /// <summary>Its OID.</summary>
    /// <example>1.3.6.1.4.1.32473.1.1</example>
    public required string Oid { get; init; }

    /// <summary>The address of the practice statement.</summary>
    /// <example>https://pki.example.com/cps</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cps { get; init; }
}
