using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>A CRL that is about to be signed.</summary>
/// <param name="Authority">Whose.</param>
/// <param name="Number">The CRL number (RFC 5280 §5.2.3).</param>
/// <param name="TbsHash">SHA-256 of the TBSCertList.</param>
/// <param name="ThisUpdate">When it was made.</param>
/// <param name="NextUpdate">By when the next one is out.</param>
/// <param name="Entries">How many entries it has.</param>
public sealed record CrlReservation(
    string Authority, long Number, Digest TbsHash, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate, int Entries);
