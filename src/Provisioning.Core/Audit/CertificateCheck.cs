using System.Formats.Asn1;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Audit;

/// <summary>Holds every certificate against its reservation, its authority and its audit entry.</summary>
internal sealed class CertificateCheck(AuthorityDirectory authorities, ChainCheck chain, Findings findings) : IDisposable
{
    private readonly Dictionary<string, AuthorityVerifier> _verifiers =
        authorities.All.ToDictionary(authority => authority.Name, authority => new AuthorityVerifier(authority));

    private readonly HashSet<string> _current = [];

    internal long Signed { get; private set; }

    internal long WithoutSignature { get; private set; }

    internal void Check(StoredCertificate stored)
    {
        var record = stored.Record;
        if (chain.WasRevoked(record.SerialNumber) != (record.State is CertificateState.Revoked))
            Report(record, $"is {record.State}, and the audit chain tells otherwise of its revocation");
        if (record.Thumbprint is not { } thumbprint)
        {
            WithoutSignature++;
            if (!stored.Der.IsEmpty) Report(record, "has a signature that was not recorded");
            if (record.State is CertificateState.Issued or CertificateState.Current or CertificateState.Superseded or CertificateState.Held)
                Report(record, $"is {record.State} without a signature");
            return;
        }

        Signed++;
        if (record.State is CertificateState.Current && record.HolderKind is HolderKind.Device && !_current.Add(record.Holder))
            Report(record, "is the second current certificate of its device");
        if (Digest.Of(stored.Der.Span) != thumbprint) Report(record, "is not the certificate that was recorded");
        else CheckContent(record, stored.Der);
        if (chain.TakeIssued(record.SerialNumber) is not { } entry) Report(record, "has no audit entry that it was issued");
        else if (entry.Detail != thumbprint.ToString() || entry.HolderKind != record.HolderKind || entry.Holder != record.Holder)
            Report(record, "is another one, or another's, than the audit entry says");
    }

    /// <summary>After the last one: what the audit chain tells of and the registry does not have.</summary>
    internal void Finish()
    {
        foreach (var serialNumber in chain.NotAskedFor)
            findings.Add($"Certificate {serialNumber} has an audit entry that it was issued, and is not in the registry.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var verifier in _verifiers.Values) verifier.Dispose();
    }

    private void CheckContent(CertificateRecord record, ReadOnlyMemory<byte> der)
    {
        try
        {
            var certificate = SignedCertificate.Decode(der);
            var tbs = TbsCertificate.Decode(certificate.Tbs);
            if (Digest.Of(certificate.Tbs.Span) != record.TbsHash) Report(record, "is not what was reserved");
            if (tbs.NotBefore != record.NotBefore || tbs.NotAfter != record.NotAfter
                || Digest.Of(tbs.SubjectPublicKeyInfo.Span) != record.KeyThumbprint)
            {
                Report(record, "has another validity or key than its row");
            }

            CheckResponder(record, tbs);
            if (!SerialNumber.TryFromOctets(tbs.SerialNumber.Span, out var serialNumber) || serialNumber != record.SerialNumber)
                Report(record, "carries another serial number");
            if (!certificate.Algorithm.Span.SequenceEqual(tbs.Signature.Span)) Report(record, "names two signature algorithms");
            var algorithm = new AsnReader(certificate.Algorithm, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier();
            if (!_verifiers.TryGetValue(record.Authority, out var verifier)
                || !verifier.IsGood(algorithm, certificate.Tbs.Span, certificate.Signature.Span))
            {
                Report(record, $"is not signed by the authority '{record.Authority}'");
            }
        }
        catch (AsnContentException problem)
        {
            // A row whose bytes are no certificate is a finding, and the next rows are checked all the same.
            Report(record, $"cannot be read: {problem.Message}");
        }
    }

    // OCSP answers are signed by keys that the authority has delegated and by no others: who holds such a certificate decides how every
    // other one stands.
    private void CheckResponder(CertificateRecord record, TbsCertificate tbs)
    {
        var answers = tbs.Find(Oids.OcspNoCheck) is not null || Purposes.Of(tbs).Contains(Oids.OcspSigning);
        var isResponder = record is { HolderKind: HolderKind.Service, Profile: FixedProfiles.OcspResponder };
        if (answers && !isResponder) Report(record, "may sign OCSP answers, and is none of the service's own responders");
        if (isResponder && !answers) Report(record, "is a responder's and may not sign OCSP answers");
    }

    private void Report(CertificateRecord record, string problem) =>
        findings.Add($"Certificate {record.SerialNumber} of {record.HolderKind} '{record.Holder}' {problem}.");
}
