using System.Formats.Asn1;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Audit;

/// <summary>Holds a published CRL against its record and against what is revoked.</summary>
internal sealed class CrlCheck(IRevocationStore store, ChainCheck chain, CrlOptions options, Findings findings)
{
    // A revocation is dated when it is asked for and seen when it is durable: a CRL that was read in between does not list it,
    // and the next one, within a minute, does.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromMinutes(1);

    /// <returns>True when there was a CRL of an authority of ours to compare.</returns>
    internal async Task<bool> RunAsync(Authority authority, CancellationToken ct)
    {
        var path = Path.Combine(options.Directory, authority.Name + ".crl");
        if (authority.Key is null) return false;
        if (!File.Exists(path))
        {
            if (await store.LastCrlAsync(authority.Name, ct) is { CrlHash: not null })
                findings.Add($"The CRL of '{authority.Name}' was published and is not there any more.");
            return false;
        }

        var facts = CrlFacts.TryRead(authority.Name, await File.ReadAllBytesAsync(path, ct));
        if (facts is null || !facts.IsSignedBy(authority))
        {
            findings.Add($"The published CRL of '{authority.Name}' cannot be read, or is not signed by it.");
            return true;
        }

        CheckRecord(authority.Name, facts.Status, await store.LastCrlAsync(authority.Name, ct));
        await CheckEntriesAsync(authority.Name, facts, ct);
        return true;
    }

    // A server that was killed between the file and its record leaves a reserved number: higher than the file's, or the file's own.
    private void CheckRecord(string authority, CrlStatus published, CrlRecord? last)
    {
        if (last is null || published.Number > last.Reserved.Number)
            findings.Add($"The published CRL {published.Number} of '{authority}' was never reserved.");
        else if (last.CrlHash is { } hash && published.Number == last.Reserved.Number && hash != published.Hash)
            findings.Add($"The published CRL {published.Number} of '{authority}' is not the one on record.");
    }

    private async Task CheckEntriesAsync(string authority, CrlFacts facts, CancellationToken ct)
    {
        var listed = SerialNumbers(facts.Tbs);
        await foreach (var entry in store.ReadRevokedAsync(authority, facts.Status.ThisUpdate - options.Lifetime, ct))
        {
            var serialNumber = Convert.ToHexString(entry.SerialNumber);
            if (entry.RevokedAt < facts.Status.ThisUpdate - LongestWrite && !listed.Contains(serialNumber))
                findings.Add($"Certificate {serialNumber} is revoked since {entry.RevokedAt:O}, and the CRL of '{authority}' does not list it.");
        }

        // An expired one may be listed a little longer, so here all that were ever revoked count.
        await foreach (var entry in store.ReadRevokedAsync(authority, DateTimeOffset.UnixEpoch, ct))
            listed.Remove(Convert.ToHexString(entry.SerialNumber));
        foreach (var serialNumber in listed.Where(one => !WasReleasedAfter(one, facts.Status.ThisUpdate)))
            findings.Add($"Certificate {serialNumber} is in the CRL of '{authority}' and not revoked in the registry.");
    }

    private bool WasReleasedAfter(string serialNumber, DateTimeOffset time) =>
        chain.Releases.TryGetValue(serialNumber, out var released) && released >= time;

    // revokedCertificates of the TBSCertList (RFC 5280 §5.1); the rest was checked when the facts were read.
    private static HashSet<string> SerialNumbers(ReadOnlyMemory<byte> tbsCertList)
    {
        var all = new HashSet<string>();
        var list = new AsnReader(tbsCertList, AsnEncodingRules.DER).ReadSequence();
        for (var field = 0; field < 5; field++) list.ReadEncodedValue();
        if (!list.HasData || list.PeekTag() != Asn1Tag.Sequence) return all;
        var entries = list.ReadSequence();
        while (entries.HasData)
        {
            var octets = entries.ReadSequence().ReadIntegerBytes();
            if (SerialNumber.TryFromOctets(octets.Span, out var serialNumber)) all.Add(serialNumber.ToString());
        }

        return all;
    }
}
