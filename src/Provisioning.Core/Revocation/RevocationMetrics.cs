using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Provisioning.Core.Revocation;

/// <summary>What is counted about revocation and CRLs.</summary>
internal static class RevocationMetrics
{
    private static readonly Meter Meter = new("Provisioning.Core");

    private static readonly Counter<long> RevocationCount = Meter.CreateCounter<long>(
        "provisioning.revocations", description: "Certificates revoked or put on hold, by reason.");

    private static readonly Counter<long> ReleaseCount = Meter.CreateCounter<long>(
        "provisioning.releases", description: "Holds released.");

    private static readonly Histogram<double> PartDuration = Meter.CreateHistogram<double>(
        "provisioning.revocation_jobs.part.duration", "s", "One transaction of a revocation job, with its waiting for the writer.");

    private static readonly Gauge<long> RemainingCount = Meter.CreateGauge<long>(
        "provisioning.revocation_jobs.remaining", description: "Certificates that running revocation jobs have still to deal with.");

    private static readonly Counter<long> PublishedCount = Meter.CreateCounter<long>(
        "provisioning.crl.published", description: "CRLs signed and published, by authority, shard and kind.");

    private static readonly Counter<long> FailureCount = Meter.CreateCounter<long>(
        "provisioning.crl.failures", description: "CRLs that could not be made, by authority, shard and kind.");

    private static readonly Counter<long> BadRowCount = Meter.CreateCounter<long>(
        "provisioning.crl.bad_rows", description: "Damaged rows of revoked certificates that a CRL was made with, by authority, shard and kind; each CRL counts them again.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "provisioning.crl.duration", "s", "Making and publishing a CRL, by authority, shard and kind.");

    private static readonly Gauge<long> NextUpdate = Meter.CreateGauge<long>(
        "provisioning.crl.next_update", "s", "Unix time until which the published CRL is valid, by authority, shard and kind.");

    private static readonly Gauge<int> Entries = Meter.CreateGauge<int>(
        "provisioning.crl.entries", description: "Entries of the published CRL, by authority, shard and kind.");

    /// <summary>A certificate was revoked or put on hold.</summary>
    /// <param name="reason">Why.</param>
    public static void Revoked(RevocationReason reason) =>
        RevocationCount.Add(1, new KeyValuePair<string, object?>("reason", RevocationReasons.ToText(reason)));

    /// <summary>A hold was released.</summary>
    public static void Released() => ReleaseCount.Add(1);

    /// <summary>A part of a job was done.</summary>
    /// <param name="reason">Why certificates were revoked, or null when holds were released.</param>
    /// <param name="count">How many.</param>
    /// <param name="took">How long it took.</param>
    public static void Worked(RevocationReason? reason, int count, TimeSpan took)
    {
        if (reason is { } why) RevocationCount.Add(count, new KeyValuePair<string, object?>("reason", RevocationReasons.ToText(why)));
        else ReleaseCount.Add(count);
        PartDuration.Record(took.TotalSeconds);
    }

    /// <summary>How much running jobs have still to do.</summary>
    /// <param name="count">How many certificates.</param>
    public static void Remaining(long count) => RemainingCount.Record(count);

    /// <summary>A CRL was made.</summary>
    /// <param name="name">Which.</param>
    /// <param name="took">How long it took.</param>
    public static void Published(CrlName name, TimeSpan took)
    {
        PublishedCount.Add(1, Of(name));
        Duration.Record(took.TotalSeconds, Of(name));
    }

    /// <summary>A CRL could not be made.</summary>
    /// <param name="name">Which.</param>
    public static void Failed(CrlName name) => FailureCount.Add(1, Of(name));

    /// <summary>Rows that are damaged.</summary>
    /// <param name="name">Which CRL lists them as far as they can be read.</param>
    /// <param name="count">How many.</param>
    public static void BadRows(CrlName name, int count) => BadRowCount.Add(count, Of(name));

    /// <summary>What relying parties get now.</summary>
    /// <param name="status">Of the published CRL.</param>
    public static void Announce(CrlStatus status)
    {
        NextUpdate.Record(status.NextUpdate.ToUnixTimeSeconds(), Of(status.Name));
        Entries.Record(status.Entries, Of(status.Name));
    }

    /// <summary>Nobody needs it any more: a series cannot be taken back, and nobody is to be told that it is too old.</summary>
    /// <param name="last">What it said.</param>
    public static void Retire(CrlStatus last) => NextUpdate.Record(DateTimeOffset.MaxValue.ToUnixTimeSeconds(), Of(last.Name));

    // Twice as many series as there are shards, and fewer than the collector keeps of an instrument.
    private static TagList Of(CrlName name) => new()
    {
        { "authority", name.Scope.Authority },
        { "shard", name.Scope.Shard },
        { "kind", name.IsDelta ? "delta" : "complete" },
    };
}
