using System.Formats.Asn1;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Core.Audit;

/// <summary>Holds the published CRLs of an authority, its shards and their deltas against their records and against what is revoked.</summary>
internal sealed class CrlCheck(ICrlStore store, ChainCheck chain, CrlOptions options, Findings findings)
{
    private const string RemoveFromCrl = "08";

    // A revocation is dated when it is asked for and seen when it is durable: a CRL that was read in between does not list it,
    // and the next one, within a minute, does.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromMinutes(1);

    /// <returns>How many CRLs of the authority there were to compare.</returns>
    internal async Task<int> RunAsync(Authority authority, CancellationToken ct)
    {
        if (authority.Key is null) return 0;
        var shards = await store.ReadShardsAsync(authority.Name, ct);
        var scopes = shards.Select(shard => shard.Scope).Append(new CrlScope(authority.Name)).Distinct().ToList();
        var count = 0;
        foreach (var scope in scopes)
        {
            if (await ReadAsync(authority, new CrlName(scope), ct) is not { } complete) continue;
            count++;
            var lists = complete.DistributionPoint.IsEmpty ? scopes : [scope];
            CheckScope(scope, complete, shards);
            var listed = ReadEntries(complete.Tbs);
            if (options.HasDeltas && await ReadAsync(authority, new CrlName(scope, IsDelta: true), ct) is { } delta)
            {
                count++;
                CheckScope(scope, delta, shards);
                await CheckDeltaAsync(scope, complete, delta, ct);
                if (delta.Status.Number > complete.Status.Number) Apply(delta, listed);
                await CheckEntriesAsync(scope, lists, listed, Later(complete, delta), complete.Status.ThisUpdate, ct);
            }
            else
            {
                await CheckEntriesAsync(scope, lists, listed, complete.Status.ThisUpdate, complete.Status.ThisUpdate, ct);
            }
        }

        return count;
    }

    private static DateTimeOffset Later(CrlFacts one, CrlFacts other) =>
        one.Status.ThisUpdate > other.Status.ThisUpdate ? one.Status.ThisUpdate : other.Status.ThisUpdate;

    private async Task<CrlFacts?> ReadAsync(Authority authority, CrlName name, CancellationToken ct)
    {
        var path = Path.Combine(options.Directory, name.FileName);
        var newest = await store.NewestCrlAsync(name, ct);
        if (!File.Exists(path))
        {
            if (newest is not null) findings.Add($"The CRL of '{name}' was published and is not there any more.");
            return null;
        }

        var facts = CrlFacts.TryRead(name, await File.ReadAllBytesAsync(path, ct));
        if (facts is null || !facts.IsSignedBy(authority))
        {
            findings.Add($"The published CRL of '{name}' cannot be read, or is not signed by it.");
            return null;
        }

        // A server that was killed between the file and its record leaves a reserved number: higher than the file's, or the file's own.
        var last = await store.LastCrlAsync(name.Scope, ct);
        if (last is null || facts.Status.Number > last.Reserved.Number)
            findings.Add($"The published CRL {facts.Status.Number} of '{name}' was never reserved.");
        else if (newest?.CrlHash is { } hash && facts.Status.Number == newest.Reserved.Number && hash != facts.Status.Hash)
            findings.Add($"The published CRL {facts.Status.Number} of '{name}' is not the one on record.");
        return facts;
    }

    // What certificates name must stand in it, or nobody may use it for them (RFC 5280 §6.3.3 b 2 i).
    private void CheckScope(CrlScope scope, CrlFacts facts, IReadOnlyList<CrlShard> shards)
    {
        if (facts.DistributionPoint.IsEmpty)
        {
            if (scope.Shard != 0) findings.Add($"The CRL of '{scope}' does not say that it is for a shard only.");
            return;
        }

        var named = ReadAddresses(facts.DistributionPoint);
        foreach (var address in shards.Where(shard => shard.Scope == scope).SelectMany(shard => shard.Addresses))
            if (!named.Contains(address)) findings.Add($"The CRL of '{scope}' does not name {address}, where certificates look for it.");
    }

    private async Task CheckDeltaAsync(CrlScope scope, CrlFacts complete, CrlFacts delta, CancellationToken ct)
    {
        if (!delta.DistributionPoint.Span.SequenceEqual(complete.DistributionPoint.Span))
            findings.Add($"The delta CRL of '{scope}' is for other certificates than the complete one.");
        if (delta.Status.BaseNumber > complete.Status.Number)
            findings.Add($"The delta CRL of '{scope}' has a base, {delta.Status.BaseNumber}, that nobody can have.");
        var bases = (await store.RecordedCrlsAsync(new CrlName(scope), ct)).Select(crl => crl.Reserved.Number).ToList();
        if (delta.Status.Number > complete.Status.Number && bases.Count > 0 && !bases.Contains(delta.Status.BaseNumber!.Value))
            findings.Add($"The base of the delta CRL of '{scope}', {delta.Status.BaseNumber}, is not on record.");
    }

    private async Task CheckEntriesAsync(
        CrlScope scope, IReadOnlyList<CrlScope> lists, HashSet<string> listed, DateTimeOffset asOf, DateTimeOffset complete, CancellationToken ct)
    {
        foreach (var one in lists)
        {
            await foreach (var entry in store.ReadRevokedAsync(one, complete - options.Lifetime, ct))
            {
                var serialNumber = Convert.ToHexString(entry.SerialNumber);
                if (entry.RevokedAt < asOf - LongestWrite && !listed.Contains(serialNumber))
                    findings.Add($"Certificate {serialNumber} is revoked since {entry.RevokedAt:O}, and the CRL of '{scope}' does not list it.");
            }
        }

        // An expired one may be listed a little longer, so here all that were ever revoked count.
        foreach (var one in lists)
        {
            await foreach (var entry in store.ReadRevokedAsync(one, DateTimeOffset.UnixEpoch, ct))
                listed.Remove(Convert.ToHexString(entry.SerialNumber));
        }

        foreach (var serialNumber in listed.Where(one => !WasReleasedAfter(one, asOf)))
            findings.Add($"Certificate {serialNumber} is in the CRL of '{scope}' and not revoked in the registry.");
    }

    private bool WasReleasedAfter(string serialNumber, DateTimeOffset time) =>
        chain.Releases.TryGetValue(serialNumber, out var released) && released >= time;

    private static void Apply(CrlFacts delta, HashSet<string> listed)
    {
        foreach (var (serialNumber, isRemoved) in Entries(delta.Tbs))
        {
            if (isRemoved) listed.Remove(serialNumber);
            else listed.Add(serialNumber);
        }
    }

    private static HashSet<string> ReadEntries(ReadOnlyMemory<byte> tbsCertList) =>
        [.. Entries(tbsCertList).Select(entry => entry.SerialNumber)];

    // revokedCertificates of the TBSCertList (RFC 5280 §5.1); the rest was checked when the facts were read.
    private static IEnumerable<(string SerialNumber, bool IsRemoved)> Entries(ReadOnlyMemory<byte> tbsCertList)
    {
        var list = new AsnReader(tbsCertList, AsnEncodingRules.DER).ReadSequence();
        for (var field = 0; field < 5; field++) list.ReadEncodedValue();
        if (!list.HasData || list.PeekTag() != Asn1Tag.Sequence) yield break;
        var entries = list.ReadSequence();
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            var octets = entry.ReadIntegerBytes();
            _ = entry.ReadEncodedValue();
            var isRemoved = entry.HasData && Convert.ToHexString(entry.ReadEncodedValue().Span).EndsWith("0A01" + RemoveFromCrl, StringComparison.Ordinal);
            if (SerialNumber.TryFromOctets(octets.Span, out var serialNumber)) yield return (serialNumber.ToString(), isRemoved);
        }
    }

    // SEQUENCE { [0] { [0] { [6] … } } }, as CrlExtensions writes it.
    private static List<string> ReadAddresses(ReadOnlyMemory<byte> distributionPoint)
    {
        var wrapper = new Asn1Tag(TagClass.ContextSpecific, 0);
        var names = new AsnReader(distributionPoint, AsnEncodingRules.DER).ReadSequence().ReadSequence(wrapper).ReadSequence(wrapper);
        var all = new List<string>();
        while (names.HasData) all.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, new Asn1Tag(TagClass.ContextSpecific, 6)));
        return all;
    }
}
