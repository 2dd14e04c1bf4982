namespace Provisioning.Core.Certificates;

/// <summary>What a reservation would come to.</summary>
/// <param name="Certificate">The certificate that would be given again, or null when a new one would be issued.</param>
internal readonly record struct Probe(StoredCertificate? Certificate);
