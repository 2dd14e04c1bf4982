using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Jobs;

/// <summary>
/// Works on the jobs that are running, a part of each in turn. Every part waits its turn among the other writes, so that devices
/// that enroll or renew meanwhile wait for one part at most. It also stops the jobs that have waited for a second administrator for too long.
/// </summary>
/// <param name="store">Does the parts.</param>
/// <param name="signal">Says that there is a job.</param>
/// <param name="crls">Gets CRLs made.</param>
/// <param name="options">Says which node this is: the same after a restart, so that it goes on with its jobs at once, whatever the clock says.</param>
/// <param name="clock">Dates what is done.</param>
/// <param name="time">Paces it.</param>
/// <param name="logger">The log.</param>
public sealed partial class RevocationJobRunner(
    IRevocationJobStore store,
    RevocationJobSignal signal,
    CrlSignal crls,
    CrlOptions options,
    ClockGuard clock,
    TimeProvider time,
    ILogger<RevocationJobRunner> logger)
{
    // A CRL of a million entries takes seconds; one for every part would do nothing else.
    private static readonly TimeSpan CrlEvery = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    // Also how soon a job of a node that went away is found.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A job that cannot go on is left alone for so long: somebody may mend it, or the next program may.
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly HashSet<string> _changed = [];
    private readonly Dictionary<string, long> _failedAt = [];
    private long? _overdueLookedAt;
    private long _raisedAt;
    private long _toldAt;

    /// <summary>Works until it is told to stop.</summary>
    /// <param name="ct">Stops it, between two parts.</param>
    /// <returns>Ends with <see cref="OperationCanceledException"/>.</returns>
    public async Task RunAsync(CancellationToken ct)
    {
        (_raisedAt, _toldAt) = (time.GetTimestamp(), time.GetTimestamp());
        while (true)
        {
            try
            {
                while (await TakeTurnAsync(ct) is { } mustWait)
                {
                    if (mustWait) await signal.WaitAsync(Pause, time, ct);
                }

                RaiseCrls();
            }
            catch (StorageUnavailableException problem)
            {
                // What was done is on record, and so is how far that is; but nobody was told whose certificates the last part has changed.
                Log.Later(logger, problem.Message);
                RaiseCrls();
                crls.RaiseAll();
                await Task.Delay(Pause, time, ct);
                continue;
            }
            catch (Exception problem) when (!ct.IsCancellationRequested)
            {
                // A defect here must not end the service.
                Log.Defect(logger, problem);
                RaiseCrls();
                crls.RaiseAll();
            }

            await signal.WaitAsync(LookEvery, time, ct);
        }
    }

    /// <summary>Does a part of each job that is running.</summary>
    /// <returns>Null when there is none that can go on; true when none of them can at once.</returns>
    internal async Task<bool?> TakeTurnAsync(CancellationToken ct)
    {
        await StopOverdueAsync(ct);
        var running = (await store.ListRunningAsync(ct)).Where(id => !IsResting(id)).ToList();
        if (running.Count == 0) return null;
        var (mustWait, remaining) = (true, 0L);
        foreach (var id in running)
        {
            ct.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();

            // Not given up in the middle: it may have been done, and what it has changed must be told.
            if (await TryAdvanceAsync(id) is not { } step) continue;
            if (!step.MustWait) Failpoint.Hit(Failpoint.AfterRevocationPart);
            _changed.UnionWith(step.Authorities);
            Tell(step, Stopwatch.GetElapsedTime(started));
            mustWait &= step.MustWait;
            remaining += step.Job is { IsOver: false } job ? Math.Max(0, job.Certificates - job.Done - job.Failed) : 0;
        }

        RevocationMetrics.Remaining(remaining);
        if (time.GetElapsedTime(_raisedAt) >= CrlEvery) RaiseCrls();
        return mustWait;
    }

    // Null when it cannot go on, because what is on record of it is damaged, or for a defect: the others do.
    private async Task<RevocationStep?> TryAdvanceAsync(string id)
    {
        try
        {
            var step = await store.AdvanceAsync(id, options.Node, clock.LastBelieved(), CancellationToken.None);
            _failedAt.Remove(id);
            return step;
        }
        catch (Exception problem) when (problem is not StorageUnavailableException)
        {
            // Said once, and not with every look.
            if (!_failedAt.ContainsKey(id)) Log.Stuck(logger, id, problem);
            _failedAt[id] = time.GetTimestamp();
            return null;
        }
    }

    private bool IsResting(string id) => _failedAt.TryGetValue(id, out var since) && time.GetElapsedTime(since) < Rest;

    private async Task StopOverdueAsync(CancellationToken ct)
    {
        if (_overdueLookedAt is { } last && time.GetElapsedTime(last) < Rest) return;
        var now = clock.LastBelieved();
        foreach (var id in await store.StopOverdueAsync(now - RevocationJobOptions.ApprovalLifetime, now, ct)) Log.Overdue(logger, id);
        _overdueLookedAt = time.GetTimestamp();
    }

    private void RaiseCrls()
    {
        foreach (var authority in _changed) crls.Raise(authority);
        _changed.Clear();
        _raisedAt = time.GetTimestamp();
    }

    private void Tell(RevocationStep step, TimeSpan took)
    {
        if (step.Job is not { } job) return;
        RevocationMetrics.Worked(job.Order.Reason, step.Changed, took);
        if (job.IsOver)
        {
            RaiseCrls();
            Log.Over(logger, job.Id, job.State, job.Done, job.Failed, job.Certificates);
        }
        else if (time.GetElapsedTime(_toldAt) >= TellEvery)
        {
            _toldAt = time.GetTimestamp();
            var perSecond = job.PerSecondAt(clock.LastBelieved());
            Log.Progress(logger, job.Id, job.Done, job.Certificates, perSecond);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 11, Level = LogLevel.Information, Message =
            "The revocation job {Id} has changed {Done} of {Certificates} certificates, {PerSecond:F0} a second.")]
        public static partial void Progress(ILogger logger, string id, long done, long certificates, double perSecond);

        [LoggerMessage(EventId = 12, Level = LogLevel.Information, Message =
            "The revocation job {Id} is {State}: {Done} certificates changed, {Failed} could not be, of {Certificates}.")]
        public static partial void Over(ILogger logger, string id, RevocationJobState state, long done, long failed, long certificates);

        [LoggerMessage(EventId = 14, Level = LogLevel.Error, Message =
            "The revocation job {Id} cannot go on; it is tried again every minute. What cannot be mended is stopped by DELETE /api/v1/revocation-jobs/{Id}.")]
        public static partial void Stuck(ILogger logger, string id, Exception problem);

        [LoggerMessage(EventId = 15, Level = LogLevel.Warning, Message =
            "The revocation job {Id} is stopped: no second administrator has agreed for a week.")]
        public static partial void Overdue(ILogger logger, string id);

        [LoggerMessage(EventId = 16, Level = LogLevel.Error, Message = "Looking for revocation jobs failed; it is tried again.")]
        public static partial void Defect(ILogger logger, Exception problem);

        [LoggerMessage(EventId = 13, Level = LogLevel.Warning, Message = "Revocation jobs go on in a moment: {Problem}")]
        public static partial void Later(ILogger logger, string problem);
    }
}
