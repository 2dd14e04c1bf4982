using System.Collections.Concurrent;
using System.Security.Cryptography;
using Provisioning.Core.Approvals;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>
/// Issues over keys that are made here (RFC 7030 §4.4). A key costs a processor a second or more, so everything is asked beforehand: only who will
/// get it has it made.
/// </summary>
/// <param name="ca">The one pipeline.</param>
/// <param name="approvals">Where enrollments wait for an administrator.</param>
#pragma warning disable CA1001 // The semaphore has no handle; and who still makes a key when the service ends gives its place back to it.
internal sealed class KeyMaking(CertificateAuthority ca, ApprovalGate approvals)
#pragma warning restore CA1001
{
    // Making an RSA-4096 key takes a processor for a second or more: never all of them. Who waits for one holds a place that another device could
    // renew in, so they are few, and nobody waits for long.
    private static readonly int Makers = Math.Max(1, Environment.ProcessorCount / 2);
    private static readonly int MostWaiting = 4 * Makers;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly Refusal InProgress = new(RefusalCode.RequestInProgress, "The same is being worked on. Ask again for its answer.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private readonly ConcurrentDictionary<(string Actor, string Holder, string Slot), byte> _inWork = new();

    private readonly SemaphoreSlim _makers = new(Makers);
    private int _waiting;

    /// <summary>Asks, makes the key, and issues.</summary>
    /// <param name="work">What was allowed.</param>
    /// <param name="input">With the key that the request is signed with, which is not certified.</param>
    /// <param name="made">Makes the key, and keeps it for the answer.</param>
    /// <returns>The certificate over the new key; or the refusal.</returns>
    /// <exception cref="OperationCanceledException">The device has hung up; nothing was issued.</exception>
    internal async Task<Outcome<StoredCertificate>> IssueAsync(EnrollmentWork work, PlanInput input, ServerKey made)
    {
        // Asked with a key that nobody has, as nobody has the one that is made.
        var planned = input with { Key = input.Key with { Thumbprint = Digest.FromOctets(RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes)) } };
        if (work.CheckKey?.Invoke(planned.Key) is { } otherKey) return otherKey;
        if (work.Allowed.Admission?.ExpectedKey is not null)
            return new Refusal(RefusalCode.KeyMismatch, "The device is expected with the key that it has; no other is made for it.");
        if (!(await ca.ProbeAsync(work.Allowed, planned, leavesMarks: true)).TryGet(out var probe, out var refusal)) return refusal;
        if (!made.TryReplace(probe.Replaces)) return InProgress;
        planned = planned with { Replaces = probe.Replaces };

        var allowed = work.Allowed;
        if (allowed.Admission is { NeedsApproval: true })
        {
            var draft = new ApprovalDraft(work.CertificationRequest, input.Key.Thumbprint, work.Sent);
            if (!(await approvals.AdmitAsync(allowed, planned, draft)).TryGet(out allowed, out refusal)) return refusal;
        }

        // Nothing is reserved before there is a key: who sends the same many times at once would have many made.
        var one = (allowed.Caller.Actor, allowed.Holder, allowed.Slot);
        if (!_inWork.TryAdd(one, 0)) return InProgress;
        try
        {
            if (await made.PrepareAsync() is { } undeliverable) return undeliverable;
            if (!(await MakeAsync(made, input.Key.Algorithm)).TryGet(out var key, out refusal)) return refusal;
            return await ca.IssueAsync(allowed, planned with { Key = key });
        }
        finally
        {
            _inWork.TryRemove(one, out _);
        }
    }

    private async Task<Outcome<SubjectPublicKey>> MakeAsync(ServerKey made, KeyAlgorithm algorithm)
    {
        if (!await EnterAsync(made.Gone))
        {
            return new Refusal(RefusalCode.Overloaded, "More keys are asked for than can be made now. Nothing was done; a retry is safe.")
            {
                RetryAfter = TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32(30, 61)),
            };
        }

        try
        {
            var key = made.Make(algorithm);
            CoreMetrics.KeyMade(algorithm);
            return key;
        }
        finally
        {
            _makers.Release();
        }
    }

    private async Task<bool> EnterAsync(CancellationToken gone)
    {
        try
        {
            return Interlocked.Increment(ref _waiting) <= MostWaiting && await _makers.WaitAsync(Patience, gone);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
