using Provisioning.Core.Certificates;

namespace Provisioning.Core.Revocation;

/// <summary>Two hashes that one pass over a CRL makes.</summary>
/// <param name="Sha256">The one that goes on record, whatever the authority signs with.</param>
/// <param name="Signed">The digest of the TBSCertList with the authority's own algorithm.</param>
internal readonly record struct CrlHashes(Digest Sha256, byte[] Signed);
