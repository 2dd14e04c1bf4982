using System.Diagnostics;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Places where a test makes the process die. Compiled into Debug builds only; in Release the calls do not exist. The
/// environment variable <c>PROVISIONING_FAILPOINT</c> holds <c>name</c> or <c>name:K</c>, the K-th passage.
/// </summary>
internal static class Failpoint
{
    internal const string AfterIdentify = "after-identify";
    internal const string AfterReserve = "after-reserve";
    internal const string AfterSign = "after-sign";
    internal const string AfterRecord = "after-record";
    internal const string BeforeAnswer = "before-answer";
    internal const string AfterLotClosed = "after-lot-closed";
    internal const string AfterRevocationPart = "after-revocation-part";

    private static readonly (string? Name, int Passage) Armed = Parse();
    private static int _passages;

    /// <summary>Kills the process as a power cut would: no handlers, no flushing.</summary>
    [Conditional("DEBUG")]
    internal static void Hit(string name)
    {
        if (name != Armed.Name || Interlocked.Increment(ref _passages) != Armed.Passage) return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    private static (string? Name, int Passage) Parse()
    {
        var parts = Environment.GetEnvironmentVariable("PROVISIONING_FAILPOINT")?.Split(':');
        return (parts?[0], parts is [_, var passage] ? int.Parse(passage) : 1);
    }
}
