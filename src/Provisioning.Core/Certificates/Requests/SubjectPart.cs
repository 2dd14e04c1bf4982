namespace Provisioning.Core.Certificates.Requests;

/// <summary>One attribute of a subject. Two are the same whatever string types their values have (RFC 5280 §7.1), but not in another case.</summary>
/// <param name="Rdn">The number of the RDN that it is in, from 0.</param>
/// <param name="Type">Its type: the content of the OID in hex.</param>
/// <param name="Value">Its text.</param>
public readonly record struct SubjectPart(int Rdn, string Type, string Value);
