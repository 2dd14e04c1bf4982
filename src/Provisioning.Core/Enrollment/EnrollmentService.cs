using System.Collections.Concurrent;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Enrollment;

/// <summary>What every door calls: the first certificate of a device, and the next ones.</summary>
/// <param name="ca">The one pipeline.</param>
/// <param name="store">The registry.</param>
/// <param name="authorities">Who signs.</param>
public sealed class EnrollmentService(CertificateAuthority ca, ICertificateStore store, AuthorityDirectory authorities)
{
    /// <summary>The longest Idempotency-Key, in characters.</summary>
    public const int MaxRequestKeyLength = 128;

    // The same device asking for the same key many times at once waits for one answer, instead of being refused until it is there.
    // The same means what it means to the reserve transaction, which gives that answer a moment later: the holder, the key, and the
    // certificate that is renewed. The bytes of a request say nothing (ECDSA makes each differ), and attributes are kept of the
    // first request only.
    private readonly ConcurrentDictionary<(string Actor, string Holder, Digest Key, SerialNumber? Renews), Task<Outcome<StoredCertificate>>> _inFlight = new();

    /// <summary>Enrolls a device (RFC 7030 §4.2.1 in spirit): checks, then issues or gives the certificate of the same request again.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">What for.</param>
    /// <returns>The certificate, or the refusal; never both, and nothing is signed on a refusal.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public async Task<Outcome<IssuedCertificate>> EnrollAsync(Caller caller, EnrollmentRequest request)
    {
        if (!DeviceId.TryParse(request.DeviceId, out var deviceId))
        {
            return new Refusal(
                RefusalCode.BadDeviceId,
                $"A device ID is 1 to {DeviceId.MaxLength} of A-Z a-z 0-9 . _ - : and starts with a letter or a digit.");
        }

        if (!AuthorizedRequest.Enrollment(caller, deviceId).TryGet(out var allowed, out var refusal)) return refusal;
        if (DeviceAttributes.Check(request.Attributes) is { } badAttributes) return badAttributes;
        return await ProcessAsync(allowed, request.CertificationRequest, request.Attributes, request.RequestKey);
    }

    /// <summary>Renews (re-enrollment, RFC 7030 §4.2.2): the same pipeline, with the operational certificate as the credential.</summary>
    /// <param name="caller">The device.</param>
    /// <param name="request">What for.</param>
    /// <returns>The next certificate, unconfirmed until the device is seen with it; or the refusal.</returns>
    /// <exception cref="StorageUnavailableException">The database cannot do it now; a retry is safe.</exception>
    public async Task<Outcome<IssuedCertificate>> RenewAsync(Caller caller, RenewalRequest request) =>
        AuthorizedRequest.Renewal(caller).TryGet(out var allowed, out var refusal)
            ? await ProcessAsync(allowed, request.CertificationRequest, null, request.RequestKey)
            : refusal;

    /// <summary>The device's own view: the certificate that it showed, as an answer of the pipeline.</summary>
    /// <param name="device">The device.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>Its certificate.</returns>
    public async Task<Outcome<IssuedCertificate>> DescribeAsync(Caller.Device device, CancellationToken ct) =>
        await store.FindWithDerAsync(device.Certificate, ct) is { } stored
            ? Answer(stored)
            : new Refusal(RefusalCode.NotFound, "The certificate is not in the registry.");

    private async Task<Outcome<IssuedCertificate>> ProcessAsync(
        AuthorizedRequest allowed,
        ReadOnlyMemory<byte> certificationRequest,
        IReadOnlyDictionary<string, string>? attributes,
        string? requestKey)
    {
        Failpoint.Hit(Failpoint.AfterIdentify);
        if (!CertificationRequestReader.Read(certificationRequest).TryGet(out var csr, out var unreadable)) return unreadable;
        if (RequestRules.Check(csr, allowed, ca.Profiles[allowed.Profile]) is { } notGranted) return notGranted;
        if (authorities.All.Any(authority => authority.KeyThumbprint == csr.Key.Thumbprint))
            return new Refusal(RefusalCode.BadKey, "This is the key of a certificate authority.");

        var operation = allowed.Renews is null ? "enroll" : "renew " + allowed.Renews;
        var input = new PlanInput
        {
            Key = csr.Key,
            Issuer = authorities.Issuing,
            RequestHash = RequestHash.Of(operation, allowed.Holder, csr.Hash, attributes),
            RequestKey = requestKey,
            Attributes = attributes,
        };
        var issued = requestKey is null ? await JoinAsync(allowed, input) : await ca.IssueAsync(allowed, input);
        Failpoint.Hit(Failpoint.BeforeAnswer);
        return issued.TryGet(out var stored, out var refusal) ? Answer(stored) : refusal;
    }

    // A request with an Idempotency-Key is not joined: the key's contract is that a second one in flight is told so.
    private async Task<Outcome<StoredCertificate>> JoinAsync(AuthorizedRequest allowed, PlanInput input)
    {
        var identity = (allowed.Caller.Actor, allowed.Holder, input.Key.Thumbprint, allowed.Renews);
        var mine = new TaskCompletionSource<Outcome<StoredCertificate>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _inFlight.GetOrAdd(identity, mine.Task);
        if (first != mine.Task) return await first;
        try
        {
            var outcome = await ca.IssueAsync(allowed, input);
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
        stored.Record, stored.Der, authorities.Chain, RenewalWindow.Of(stored.Record, ca.Profiles[stored.Record.Profile]));
}
