using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Provisioning.Core.Approvals;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Lots;

namespace Provisioning.Core.Enrollment;

/// <summary>What every door calls: the first certificate of a device, and the next ones.</summary>
/// <param name="ca">The one pipeline.</param>
/// <param name="store">The registry.</param>
/// <param name="authorities">Who signs.</param>
/// <param name="cases">What an admission is decided on.</param>
/// <param name="windows">When certificates should be renewed.</param>
/// <param name="approvals">Where enrollments wait for an administrator.</param>
/// <param name="refusals">Where it is kept why somebody was refused.</param>
/// <param name="clock">Dates what is told to the log.</param>
/// <param name="logger">Is told when a lot is exhausted.</param>
public sealed class EnrollmentService(
    CertificateAuthority ca,
    ICertificateStore store,
    AuthorityDirectory authorities,
    EnrollmentCases cases,
    RenewalWindows windows,
    ApprovalGate approvals,
    RefusalLog refusals,
    ClockGuard clock,
    ILogger<EnrollmentService> logger)
{
    // How often a decision is made again because what it rested on had changed. More than one is an administrator at work, or an attack.
    internal const int Decisions = 3;

    /// <summary>The longest Idempotency-Key, in characters.</summary>
    public const int MaxRequestKeyLength = 128;

    // The same device asking for the same key many times at once waits for one answer, instead of being refused until it is there.
    // The same means what it means to the reserve transaction, which gives that answer a moment later: the holder, the key, the lot,
    // and the certificate that is renewed. The bytes of a request say nothing (ECDSA makes each differ), and attributes are kept of the
    // first request only.
    private readonly ConcurrentDictionary<Joined, Task<Outcome<StoredCertificate>>> _inFlight = new();

    private readonly WorkReader _reader = new(ca.Profiles, authorities);

    private readonly KeyMaking _keys = new(ca, approvals);

    private readonly ExhaustedLots _exhausted = new(logger, clock);

    /// <summary>Enrolls a device (RFC 7030 §4.2.1 in spirit): checks, then issues or gives the certificate of the same request again.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">What for.</param>
    /// <returns>The certificate, or the refusal; never both, and nothing is signed on a refusal.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public Task<Outcome<IssuedCertificate>> EnrollAsync(Caller caller, EnrollmentRequest request)
    {
        if (request.DeviceId is not null) return EnrollNamedAsync(caller, request);
        return NamedDevice.Find(caller, request.CertificationRequest).TryGet(out var deviceId, out var unnamed)
            ? EnrollNamedAsync(caller, request with { DeviceId = deviceId })
            : Task.FromResult<Outcome<IssuedCertificate>>(unnamed);
    }

    private Task<Outcome<IssuedCertificate>> EnrollNamedAsync(Caller caller, EnrollmentRequest request) => DecideAsync(caller, request.DeviceId, async _ =>
    {
        var read = await cases.ReadAsync(caller, request, CancellationToken.None);
        if (!read.TryGet(out var enrollment, out var refusal)) return refusal;
        if (!AuthorizedRequest.Enrollment(enrollment).TryGet(out var allowed, out refusal)) return refusal;
        var outcome = await ProcessAsync(EnrollmentWork.Of(allowed, enrollment, request));
        if (outcome is Outcome<IssuedCertificate>.Refused { Refusal.Code: RefusalCode.QuotaExhausted } && enrollment.Lot is { } lot)
            _exhausted.Note(lot, caller);
        return outcome;
    });

    /// <summary>Asks again for what waits, as who asked first: gives the certificate once it was approved.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">What waits, read by its ID.</param>
    /// <returns>As <see cref="EnrollAsync"/>; <see cref="RefusalCode.NotFound"/> for another caller's.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public Task<Outcome<IssuedCertificate>> CollectAsync(Caller caller, ApprovalRequest request)
    {
        if (request.Requester != caller.Actor)
            return Task.FromResult<Outcome<IssuedCertificate>>(new Refusal(RefusalCode.NotFound, "There is no such request."));
        if (request.KeyIsMade)
        {
            return Task.FromResult<Outcome<IssuedCertificate>>(new Refusal(
                RefusalCode.NotAllowed, "The key of this certificate is made here: send the same request to serverkeygen again (EST)."));
        }

        if (caller is Caller.Device) return RenewAsync(caller, new RenewalRequest(request.CertificationRequest));
        return EnrollAsync(caller, new EnrollmentRequest(
            request.DeviceId, request.CertificationRequest, request.Attributes.Count == 0 ? null : request.Attributes)
        {
            Group = request.Group,
            Lot = request.Lot,
            Slot = request.Slot,
        });
    }

    /// <summary>Renews (re-enrollment, RFC 7030 §4.2.2): the same pipeline, with the operational certificate as the credential.</summary>
    /// <param name="caller">The device.</param>
    /// <param name="request">What for.</param>
    /// <returns>The next certificate, unconfirmed until the device is seen with it; or the refusal.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public Task<Outcome<IssuedCertificate>> RenewAsync(Caller caller, RenewalRequest request) => DecideAsync(caller, (caller as Caller.Device)?.Id.Value, async isFirst =>
    {
        if (caller is not Caller.Device device)
            return new Refusal(RefusalCode.NotAllowed, "Only a device renews, with its own current certificate.");
        if (device.SecondFactor is not null)
            return new Refusal(RefusalCode.TwoCredentials, "A device renews with its certificate alone. It showed an enrollment token, too.");
        if (!clock.Now().TryGet(out var now, out var refusal)) return refusal;
        var read = await cases.ReadRenewalAsync(device, request.Group, isFirst, now, CancellationToken.None);
        if (!read.TryGet(out var known, out refusal)) return refusal;
        ReadOnlyMemory<byte>? named = null;
        if (request.RepeatsNames)
        {
            if (await store.FindWithDerAsync(device.Certificate, CancellationToken.None) is not { } shown)
                return new Refusal(RefusalCode.UnknownCertificate, "The certificate is not in the registry.");
            named = shown.Der;
        }

        return await ProcessAsync(new EnrollmentWork
        {
            Allowed = AuthorizedRequest.Renewal(known),
            Policy = known.Group.Definition,
            ServerKey = request.ServerKey,
            ChannelBinding = request.ChannelBinding,
            Named = named,
            CertificationRequest = request.CertificationRequest,
            RequestKey = request.RequestKey,
            Attributes = known.Device.Attributes,
            CheckKey = key => RenewalRules.CheckKey(known, key),
        });
    });

    /// <summary>The device's own view: the certificate that it showed, as an answer of the pipeline.</summary>
    /// <param name="device">The device.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Its certificate.</returns>
    public async Task<Outcome<IssuedCertificate>> DescribeAsync(Caller.Device device, CancellationToken ct) =>
        await store.FindWithDerAsync(device.Certificate, ct) is { } stored
            ? Answer(stored)
            : new Refusal(RefusalCode.NotFound, "The certificate is not in the registry.");

    // What was read may have changed when it is acted on; then nothing has happened, and it is decided again on what is true now.
    private async Task<Outcome<IssuedCertificate>> DecideAsync(
        Caller caller, string? deviceId, Func<bool, Task<Outcome<IssuedCertificate>>> decide)
    {
        for (var left = Decisions; ; left--)
        {
            var outcome = await decide(left == Decisions);
            if (outcome.TryGet(out _, out var refusal)) return outcome;
            if (left == 1 || refusal.Code != RefusalCode.PolicyChanged)
            {
                if (DeviceId.TryParse(deviceId, out var id)) refusals.Note(id, caller, refusal);
                return outcome;
            }

            await cases.RefreshAsync(CancellationToken.None);
        }
    }

    private async Task<Outcome<IssuedCertificate>> ProcessAsync(EnrollmentWork work)
    {
        Failpoint.Hit(Failpoint.AfterIdentify);
        if (!_reader.Read(work).TryGet(out var input, out var notPossible)) return notPossible;
        var issued = work.ServerKey is { } made ? await _keys.IssueAsync(work, input, made)
            : input.RequestKey is null ? await JoinAsync(work.Allowed, input, () => IssueAsync(work, input))
            : await IssueAsync(work, input);
        Failpoint.Hit(Failpoint.BeforeAnswer);
        return issued.TryGet(out var stored, out var refusal) ? Answer(stored) : refusal;
    }

    private Task<Outcome<StoredCertificate>> IssueAsync(EnrollmentWork work, PlanInput input) => work.Allowed.Admission is { NeedsApproval: true }
        ? approvals.PassAsync(work.Allowed, input, new ApprovalDraft(work.CertificationRequest, input.Key.Thumbprint, work.Sent))
        : ca.IssueAsync(work.Allowed, input);

    // A request with an Idempotency-Key is not joined: the key's contract is that a second one in flight is told so.
    private async Task<Outcome<StoredCertificate>> JoinAsync(
        AuthorizedRequest allowed, PlanInput input, Func<Task<Outcome<StoredCertificate>>> issue)
    {
        // An approval is for the exact request, so there the bytes do count.
        var exact = allowed.Admission is { NeedsApproval: true } ? input.RequestHash : (Digest?)null;
        var identity = new Joined(
            allowed.Caller.Actor, allowed.Caller.SecondFactor?.Id, allowed.Holder, allowed.Slot, allowed.Admission?.Lot, input.Key.Thumbprint, allowed.Renews, exact);
        var mine = new TaskCompletionSource<Outcome<StoredCertificate>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _inFlight.GetOrAdd(identity, mine.Task);
        if (first != mine.Task) return await first;
        try
        {
            var outcome = await issue();
            mine.SetResult(outcome);
            return outcome;
        }
        catch (Exception problem)
        {
            // Whatever it was, those who joined get the same, and it is thrown on. Looked at once, so that it does not count as
            // unobserved when nobody has joined.
            mine.SetException(problem);
            _ = mine.Task.Exception;
            throw;
        }
        finally
        {
            _inFlight.TryRemove(KeyValuePair.Create(identity, mine.Task));
        }
    }

    private IssuedCertificate Answer(StoredCertificate stored) => new(
        stored.Record, stored.Der, authorities.ChainOf(stored.Record.Authority), windows.Of(stored.Record));

    private readonly record struct Joined(
        string Actor, string? SecondFactor, string Holder, string Slot, string? Lot, Digest Key, SerialNumber? Renews, Digest? Exact);
}
