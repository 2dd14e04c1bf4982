namespace Provisioning.Core.Certificates;

/// <summary>What a reservation would come to.</summary>
/// <param name="Certificate">The certificate that would be given again, or null when a new one would be issued.</param>
/// <param name="Replaces">The certificate whose place a new one would take, because its key was lost with the answer; null for none.</param>
internal readonly record struct Probe(StoredCertificate? Certificate, SerialNumber? Replaces);
