using Provisioning.Core.Certificates;

namespace Provisioning.Core.Audit;

/// <summary>Walks the audit chain from its beginning, and keeps what the other checks compare with.</summary>
internal sealed class ChainCheck
{
    private readonly Dictionary<string, AuditEntry> _issued = [];
    private readonly HashSet<string> _revoked = [];

    /// <summary>How many entries there are.</summary>
    internal long Entries { get; private set; }

    /// <summary>The last entry that the clock was accepted; null when it never was.</summary>
    internal long? ClockAccepted { get; private set; }

    /// <summary>When a hold was released last, by serial number.</summary>
    internal Dictionary<string, DateTimeOffset> Releases { get; } = [];

    /// <summary>The SHA-256 of the reports that were signed, by lot.</summary>
    internal Dictionary<string, string> Reports { get; } = new(StringComparer.Ordinal);

    /// <summary>Serial numbers with an entry that they were issued, which nobody has asked for yet.</summary>
    internal IEnumerable<string> NotAskedFor => _issued.Keys;

    internal static async Task<ChainCheck> RunAsync(
        IAuditStore audit, IReadOnlyList<AuditAnchor> anchors, Findings findings, CancellationToken ct)
    {
        var check = new ChainCheck();
        var previous = AuditChain.Genesis;
        var noted = anchors.ToLookup(anchor => anchor.Sequence);
        await foreach (var entry in audit.ReadAuditAsync(1, ct))
        {
            check.Entries++;
            if (entry.Sequence != check.Entries)
                findings.Add($"Audit entry {check.Entries} is missing: {entry.Sequence} comes instead.");
            if (AuditChain.Hash(previous, entry) != entry.Hash)
                findings.Add($"Audit entry {entry.Sequence} ({entry.Action}) or the one before it was changed: its hash does not fit.");
            check.Entries = entry.Sequence;
            previous = entry.Hash;
            foreach (var anchor in noted[entry.Sequence].Where(anchor => anchor.Hash != entry.Hash))
                findings.Add($"Audit entry {anchor.Sequence} or one before it was changed since its anchor was noted: its hash is {entry.Hash}.");
            check.Note(entry, findings);
        }

        foreach (var anchor in anchors.Where(anchor => anchor.Sequence > check.Entries))
        {
            findings.Add(
                $"The audit was cut off, or an older backup restored: it ends with entry {check.Entries}, and an anchor was noted of entry {anchor.Sequence}.");
        }

        return check;
    }

    /// <summary>Takes what was written down when a certificate was issued.</summary>
    /// <returns>Null when there is no such entry.</returns>
    internal AuditEntry? TakeIssued(SerialNumber serialNumber) =>
        _issued.Remove(serialNumber.ToString(), out var entry) ? entry : null;

    /// <summary>Whether it was written down that a certificate was revoked for good.</summary>
    internal bool WasRevoked(SerialNumber serialNumber) => _revoked.Contains(serialNumber.ToString());

    private void Note(AuditEntry entry, Findings findings)
    {
        if (entry.Action == AuditActions.ClockAccepted) ClockAccepted = entry.Sequence;
        if (entry.Action == AuditActions.LotReported && entry.Detail?.Split(' ') is [var lot, var hash] && !Reports.TryAdd(lot, hash))
            findings.Add($"Lot '{lot}' has two entries that its report was signed; the second is {entry.Sequence}.");
        if (entry.SerialNumber is not { } serialNumber) return;
        if (entry.Action == AuditActions.CertificateRevoked) _revoked.Add(serialNumber);
        if (entry.Action == AuditActions.HoldReleased) Releases[serialNumber] = entry.At;
        if (entry.Action == AuditActions.CertificateIssued && !_issued.TryAdd(serialNumber, entry))
            findings.Add($"Certificate {serialNumber} has two entries that it was issued; the second is {entry.Sequence}.");
    }
}
