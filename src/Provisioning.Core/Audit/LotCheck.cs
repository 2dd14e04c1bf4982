using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Lots;

namespace Provisioning.Core.Audit;

/// <summary>
/// Holds the counters of lots and tokens against what they count, and the reports of closed lots against their signatures, their
/// lots and the audit chain.
/// </summary>
internal sealed class LotCheck(IAuditStore audit, AuthorityDirectory authorities, ChainCheck chain, Findings findings)
{
    internal async Task RunAsync(CancellationToken ct)
    {
        await foreach (var one in audit.ReadMismatchesAsync(ct))
            findings.Add($"{one.Kind} '{one.Name}': {one.OnRecord} {one.Counter} are on record, and {one.Counted} are there.");
        var reported = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var (lot, report) in audit.ReadReportsAsync(ct))
        {
            reported.Add(lot.Name);
            Check(lot, report);
        }

        foreach (var name in chain.Reports.Keys.Where(name => !reported.Contains(name)))
            findings.Add($"Lot '{name}' has an audit entry that its report was signed, and no report is on record.");
    }

    private void Check(Lot lot, string report)
    {
        if (lot.ClosedAt is null) findings.Add($"Lot '{lot.Name}' has a report, and is not closed.");
        if (!chain.Reports.TryGetValue(lot.Name, out var hash))
            findings.Add($"The report of the lot '{lot.Name}' has no audit entry that it was signed.");
        else if (hash != Digest.Of(System.Text.Encoding.UTF8.GetBytes(report)).ToString())
            findings.Add($"The report of the lot '{lot.Name}' is another one than the audit entry says.");
        if (LotReportVerifier.Check(lot, report, authorities) is { } problem)
            findings.Add($"The report of the lot '{lot.Name}' {problem}.");
    }
}
