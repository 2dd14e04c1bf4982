using Provisioning.Core.Enrollment;

namespace Provisioning.Rest.Bulk;

/// <summary>
/// Who the caller of a batch is, read again a few times a second instead of for each of a thousand lines. What is planned for whom it was
/// a moment ago is compared with the registry in the reserve transaction, as always: a revocation or another scope bites on the next line,
/// and is answered as what it is by asking again.
/// </summary>
internal sealed class RecentCaller(CallerNow now, TimeProvider time)
{
    private static readonly TimeSpan Recent = TimeSpan.FromMilliseconds(250);
    private volatile Known? _known;

    /// <summary>Does something for the caller; once more for whom it is now, when a refusal may come from having looked too long ago.</summary>
    internal async ValueTask<Outcome<T>> RunAsync<T>(Func<Caller, Task<Outcome<T>>> work, CancellationToken ct)
    {
        if (_known is { } known && time.GetElapsedTime(known.At) < Recent)
        {
            var outcome = await work(known.Caller);
            if (outcome.TryGet(out _, out var refusal) || refusal.Code is not (RefusalCode.PolicyChanged or RefusalCode.NotAllowed)) return outcome;
        }

        var at = time.GetTimestamp();
        if (!(await now(ct)).TryGet(out var caller, out var stranger)) return stranger;
        _known = new Known(caller, at);
        return await work(caller);
    }

    private sealed record Known(Caller Caller, long At);
}
