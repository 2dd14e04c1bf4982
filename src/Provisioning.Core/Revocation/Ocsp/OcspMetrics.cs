using System.Diagnostics.Metrics;

namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>What is counted about OCSP.</summary>
internal static class OcspMetrics
{
    private static readonly Meter Meter = new("Provisioning.Core");

    private static readonly Counter<long> Answers = Meter.CreateCounter<long>(
        "provisioning.ocsp.answers", description: "OCSP requests answered, by status: good, revoked, unknown, several, or the error.");

    private static readonly Counter<long> Hits = Meter.CreateCounter<long>(
        "provisioning.ocsp.cache_hits", description: "OCSP requests answered with what was signed before.");

    private static readonly Counter<long> Stale = Meter.CreateCounter<long>(
        "provisioning.ocsp.unchecked", description: "OCSP requests answered with what was signed before, because the registry could not say.");

    private static readonly Counter<long> Signatures = Meter.CreateCounter<long>(
        "provisioning.ocsp.signatures", description: "OCSP answers signed, by cause: request or ahead.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "provisioning.ocsp.failures", description: "OCSP answers that could not be signed, by authority.");

    private static readonly Counter<long> Unrenewed = Meter.CreateCounter<long>(
        "provisioning.ocsp.renewal_failures", description: "Tries to replace a responder's certificate that failed, by authority.");

    private static readonly Gauge<int> Kept = Meter.CreateGauge<int>(
        "provisioning.ocsp.cached", description: "OCSP answers kept, at the last count.");

    /// <summary>An answer about one certificate.</summary>
    public static void Answered(OcspCertStatusKind kind) => Answers.Add(1, Of(kind switch
    {
        OcspCertStatusKind.Good => "good",
        OcspCertStatusKind.Revoked => "revoked",
        _ => "unknown",
    }));

    /// <summary>An answer about several certificates.</summary>
    public static void AnsweredSeveral() => Answers.Add(1, Of("several"));

    /// <summary>An answer without a signature.</summary>
    public static void Answered(OcspResponseStatus status) => Answers.Add(1, Of(status switch
    {
        OcspResponseStatus.MalformedRequest => "malformedRequest",
        OcspResponseStatus.InternalError => "internalError",
        OcspResponseStatus.TryLater => "tryLater",
        OcspResponseStatus.Unauthorized => "unauthorized",
        _ => "successful",
    }));

    /// <summary>An answer that was kept.</summary>
    public static void Hit() => Hits.Add(1);

    /// <summary>An answer that was kept, and could not be compared with the registry.</summary>
    public static void Unchecked() => Stale.Add(1);

    /// <summary>An answer was signed.</summary>
    /// <param name="ahead">Before anybody asked.</param>
    public static void Signed(bool ahead) => Signatures.Add(1, new KeyValuePair<string, object?>("cause", ahead ? "ahead" : "request"));

    /// <summary>An answer could not be signed.</summary>
    public static void Failed(string authority) => Failures.Add(1, new KeyValuePair<string, object?>("authority", authority));

    /// <summary>A responder's certificate could not be replaced.</summary>
    public static void NotRenewed(string authority) => Unrenewed.Add(1, new KeyValuePair<string, object?>("authority", authority));

    /// <summary>So many are kept.</summary>
    public static void Counted(int kept) => Kept.Record(kept);

    private static KeyValuePair<string, object?> Of(string status) => new("status", status);
}
