using Provisioning.Core.Groups;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>How the devices of a group renew. Durations are ISO 8601. What is left out has the value of a new group.</summary>
internal sealed record RenewalPolicyDocument
{
    /// <summary>How long a certificate still works after its successor was seen. Showing it later is the sign of a clone.</summary>
    /// <example>P1D</example>
    public string? Overlap { get; init; }

    /// <summary>True to revoke a certificate (reason <c>superseded</c>) when its overlap is over.</summary>
    public bool? RevokeSuperseded { get; init; }

    /// <summary>
    /// A renewed certificate is given up when its device still shows the one before so long after it; <c>never</c> to keep it. A device
    /// that is switched off shows nothing, and keeps both.
    /// </summary>
    /// <example>P30D</example>
    public string? ConfirmWithin { get; init; }

    /// <summary>What becomes of a renewal before <c>renewAfter</c>. A new group refuses it, with the time to come back.</summary>
    /// <example>refused</example>
    [NamesOf(typeof(EarlyRenewal))]
    public string? Early { get; init; }

    /// <summary>How long after its end a certificate that was never revoked may still renew, and do nothing else.</summary>
    /// <example>P30D</example>
    public string? Grace { get; init; }

    /// <summary><c>manual</c>: an administrator approves each renewal after the end.</summary>
    /// <example>automatic</example>
    [NamesOf(typeof(Approval))]
    public string? GraceApproval { get; init; }

    /// <summary>Whether the key changes with the certificate.</summary>
    /// <example>allowed</example>
    [NamesOf(typeof(Rekey))]
    public string? Rekey { get; init; }

    private const string Never = "never";

    internal static RenewalPolicyDocument Of(RenewalPolicy policy) => new()
    {
        Overlap = Durations.Of(policy.Overlap),
        RevokeSuperseded = policy.RevokeSuperseded,
        ConfirmWithin = policy.ConfirmWithin is { } within ? Durations.Of(within) : Never,
        Early = WireNames.Of(policy.Early),
        Grace = Durations.Of(policy.Grace),
        GraceApproval = WireNames.Of(policy.GraceApproval),
        Rekey = WireNames.Of(policy.Rekey),
    };

    /// <summary>Reads it.</summary>
    /// <returns>The policy; or the problem, at its place in the body.</returns>
    internal Checked<RenewalPolicy> ToPolicy()
    {
        var usual = new RenewalPolicy();
        var (overlap, grace, within) = (usual.Overlap, usual.Grace, usual.ConfirmWithin);
        var (early, graceApproval, rekey) = (usual.Early, usual.GraceApproval, usual.Rekey);
        if (Overlap is not null && !Durations.TryParse(Overlap, out overlap)) return GroupBody.Bad("/renewal/overlap", Durations.Rule);
        if (Grace is not null && !Durations.TryParse(Grace, out grace)) return GroupBody.Bad("/renewal/grace", Durations.Rule);
        if (ConfirmWithin is not null && !TryParseWithin(ConfirmWithin, out within))
            return GroupBody.Bad("/renewal/confirmWithin", $"It is '{Never}' or an ISO 8601 duration, such as P30D.");
        if (Early is not null && !WireNames.TryParse(Early, out early)) return GroupBody.Unknown<EarlyRenewal>("/renewal/early");
        if (GraceApproval is not null && !WireNames.TryParse(GraceApproval, out graceApproval))
            return GroupBody.Unknown<Approval>("/renewal/graceApproval");
        if (Rekey is not null && !WireNames.TryParse(Rekey, out rekey)) return GroupBody.Unknown<Rekey>("/renewal/rekey");
        return new RenewalPolicy
        {
            Overlap = overlap,
            RevokeSuperseded = RevokeSuperseded ?? usual.RevokeSuperseded,
            ConfirmWithin = within,
            Early = early,
            Grace = grace,
            GraceApproval = graceApproval,
            Rekey = rekey,
        };
    }

    private static bool TryParseWithin(string text, out TimeSpan? within)
    {
        var isDuration = Durations.TryParse(text, out var duration);
        within = isDuration ? duration : null;
        return isDuration || text == Never;
    }
}
