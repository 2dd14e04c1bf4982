namespace Provisioning.Core.Certificates;

/// <summary>A policy that a certificate was issued under (RFC 5280 §4.2.1.4).</summary>
/// <param name="Oid">Its identifier, dotted.</param>
/// <param name="Cps">The address of the practice statement, or null.</param>
public sealed record CertificatePolicy(string Oid, string? Cps);
