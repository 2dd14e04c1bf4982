using Provisioning.Core.Approvals;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Enrollment;

/// <summary>Tells what would become of an enrollment, rule by rule, on the same ground on which <see cref="EnrollmentService"/> decides.</summary>
/// <param name="ca">Knows what the registry would say.</param>
/// <param name="authorities">Who would sign.</param>
/// <param name="cases">What an admission is decided on.</param>
/// <param name="approvals">What administrators have decided.</param>
/// <param name="refusals">Where it is kept who asked beyond its scope.</param>
public sealed class EnrollmentExplainer(
    CertificateAuthority ca, AuthorityDirectory authorities, EnrollmentCases cases, ApprovalGate approvals, RefusalLog refusals)
{
    private readonly WorkReader _reader = new(ca.Profiles, authorities);

    /// <summary>
    /// Explains. Changes nothing and leaves no mark; but it is kept that somebody asked beyond its scope, who is told nothing else.
    /// </summary>
    /// <param name="caller">Who would ask.</param>
    /// <param name="request">What for.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The explanation; or why the request is none at all (a device ID, group, lot or slot that there cannot be).</returns>
    /// <exception cref="StorageUnavailableException">The database cannot be read now.</exception>
    public async Task<Outcome<Explanation>> ExplainAsync(Caller caller, EnrollmentRequest request, CancellationToken ct)
    {
        for (var left = EnrollmentService.Decisions; ; left--)
        {
            var outcome = await ExplainOnceAsync(caller, request, ct);
            var isOld = outcome.TryGet(out var explanation, out _)
                && explanation.Rules.Any(rule => rule.Refusal is { Code: RefusalCode.PolicyChanged });
            if (!isOld || left == 1) return outcome;
            await cases.RefreshAsync(ct);
        }
    }

    private async Task<Outcome<Explanation>> ExplainOnceAsync(Caller caller, EnrollmentRequest request, CancellationToken ct)
    {
        var read = await cases.ReadAsync(caller, request, ct);
        if (!read.TryGet(out var enrollment, out var refusal))
            return refusal.Code == RefusalCode.OutsideScope ? Beyond(caller, request, refusal) : refusal;
        var rules = AdmissionRules.All.Select(rule => Explain(rule, rule.Check(enrollment))).ToList();
        if (!AuthorizedRequest.Enrollment(enrollment).TryGet(out var allowed, out _)) return Refused(rules);

        var isReadable = _reader.Read(EnrollmentWork.Of(allowed, enrollment, request)).TryGet(out var input, out var broken);
        rules.Add(Later.Request with { IsKept = isReadable, Refusal = broken });
        if (!isReadable) return Refused(rules);

        var isFree = (await ca.ProbeAsync(allowed, input!, leavesMarks: false)).TryGet(out var probe, out broken);
        rules.Add(Later.Registry with { IsKept = isFree, Refusal = broken });
        if (!isFree) return Refused(rules);

        var isRepeated = probe.Certificate is not null;
        var missing = isRepeated || !allowed.Admission!.NeedsApproval ? null : await approvals.ExplainAsync(allowed, input!);
        rules.Add(Later.Approval with { IsKept = missing is null, Refusal = missing });
        var outcome = missing?.Code switch
        {
            null => isRepeated ? ExplainedOutcome.Repeated : ExplainedOutcome.Issued,
            RefusalCode.ApprovalPending => ExplainedOutcome.Pending,
            _ => ExplainedOutcome.Refused,
        };
        return new Explanation(outcome, rules);
    }

    private Explanation Beyond(Caller caller, EnrollmentRequest request, Refusal refusal)
    {
        if (DeviceId.TryParse(request.DeviceId, out var id)) refusals.Note(id, caller, refusal);
        var scope = AdmissionRules.Scope;
        return Refused(
        [
            Explain(scope, refusal),
            .. AdmissionRules.All.Where(rule => rule != scope).Select(rule => new ExplainedRule(rule.Name, rule.Title, null)),
        ]);
    }

    private static ExplainedRule Explain(AdmissionRule rule, Refusal? broken) => new(rule.Name, rule.Title, broken is null, broken);

    // What comes after a broken rule could not be asked.
    private static Explanation Refused(List<ExplainedRule> rules) =>
        new(ExplainedOutcome.Refused, [.. rules, .. Later.All.Where(later => rules.TrueForAll(rule => rule.Name != later.Name))]);

    private static class Later
    {
        internal static ExplainedRule Request { get; } =
            new("request", "The certification request can be read, proves its key, and asks for nothing beyond the profile.", null);

        internal static ExplainedRule Registry { get; } =
            new("registry", "The registry lets it happen now: key, device, credential, lot and what else is counted.", null);

        internal static ExplainedRule Approval { get; } =
            new("approval", "An administrator has approved exactly this request, where the group wants that.", null);

        internal static IReadOnlyList<ExplainedRule> All { get; } = [Request, Registry, Approval];
    }
}
