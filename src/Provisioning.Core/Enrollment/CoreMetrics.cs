using System.Diagnostics;
using System.Diagnostics.Metrics;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>What the pipeline counts. The names are stable: dashboards and alarms are built on them.</summary>
public static class CoreMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Provisioning.Core";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Issued = Meter.CreateCounter<long>(
        "provisioning.certificates.issued", description: "Certificates signed and recorded, by kind of request.");

    private static readonly Counter<long> RefusedRequests = Meter.CreateCounter<long>(
        "provisioning.requests.refused", description: "Requests answered with a problem, by its stable code.");

    private static readonly Counter<long> Clones = Meter.CreateCounter<long>(
        "provisioning.clones.suspected", description: "Requests refused because a second device seems to have the same identity, by sign.");

    private static readonly Counter<long> Primes = Meter.CreateCounter<long>(
        "provisioning.shared_primes", description: "RSA keys of devices that were found to have a prime in common with another key.");

    private static readonly Counter<long> Dropped = Meter.CreateCounter<long>(
        "provisioning.refusals.dropped", description: "Refusals that were not kept with their device, because there were too many at once.");

    private static readonly Counter<long> LotUnits = Meter.CreateCounter<long>(
        "provisioning.lots.units.issued", description: "Units of lots that were given their first certificate.");

    private static readonly Counter<long> LotBeyond = Meter.CreateCounter<long>(
        "provisioning.lots.beyond", description: "Enrollments refused because all units of their lot had been enrolled.");

    private static readonly Counter<long> Keys = Meter.CreateCounter<long>(
        "provisioning.keys.made", description: "Keys that were made here for devices without randomness, by algorithm.");

    private static readonly Histogram<double> SignDuration = Meter.CreateHistogram<double>(
        "provisioning.sign.duration", "s", "Time to make one signature with an authority's key and to verify it.");

    /// <summary>Counts a refusal; doors call it once for each that they answer, whoever decided it.</summary>
    /// <param name="code">The door's stable code, as the client sees it (<c>bad-csr</c>). Never text of a caller.</param>
    public static void Refused(string code) =>
        RefusedRequests.Add(1, new KeyValuePair<string, object?>("code", code));

    internal static void CountIssued(AuthorizedRequest request)
    {
        Issued.Add(1, new KeyValuePair<string, object?>("kind", KindOf(request)));
        if (request.TakesUnit) LotUnits.Add(1);
    }

    internal static void BeyondLot() => LotBeyond.Add(1);

    internal static void CloneSuspected(CloneSign sign) =>
        Clones.Add(1, new KeyValuePair<string, object?>("sign", sign switch
        {
            CloneSign.SameKey => "same-key",
            CloneSign.SecondKey => "second-key",
            CloneSign.ClaimedTwice => "claimed-twice",
            CloneSign.SecondBirth => "second-birth",
            CloneSign.UnexpectedKey => "unexpected-key",
            CloneSign.OldCertificate => "old-certificate",
            _ => throw new UnreachableException(),
        }));

    internal static void KeyMade(KeyAlgorithm algorithm) => Keys.Add(1, new KeyValuePair<string, object?>("algorithm", algorithm switch
    {
        KeyAlgorithm.P256 => "p256",
        KeyAlgorithm.P384 => "p384",
        KeyAlgorithm.P521 => "p521",
        KeyAlgorithm.Rsa2048 => "rsa2048",
        KeyAlgorithm.Rsa3072 => "rsa3072",
        KeyAlgorithm.Rsa4096 => "rsa4096",
        _ => throw new UnreachableException(),
    }));

    internal static void SharedPrimes(int keys) => Primes.Add(keys);

    internal static void RefusalDropped() => Dropped.Add(1);

    internal static void Signed(long startedAt) => SignDuration.Record(Stopwatch.GetElapsedTime(startedAt).TotalSeconds);

    private static string KindOf(AuthorizedRequest request) => request switch
    {
        { HolderKind: not HolderKind.Device } => "internal",
        { Renews: not null } => "renewal",
        _ => "enrollment",
    };
}
