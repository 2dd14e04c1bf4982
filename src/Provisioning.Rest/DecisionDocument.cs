using Provisioning.Core.Approvals;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>What became of one request for approval.</summary>
internal sealed record DecisionDocument
{
    /// <summary>The request.</summary>
    /// <example>5D0C7A3B19E84F62A7D1C3B5E9F20846</example>
    public required string Id { get; init; }

    /// <summary>Where it stands now; null when it could not be decided.</summary>
    /// <example>approved</example>
    [NamesOf(typeof(ApprovalState))]
    public required string? State { get; init; }

    /// <summary>The stable code of why it could not be decided, or null.</summary>
    public required string? Code { get; init; }

    /// <summary>The same for people, or null.</summary>
    public required string? Detail { get; init; }

    internal static DecisionDocument Of(string id, Outcome<ApprovalRequest> outcome) => outcome.TryGet(out var request, out var refusal)
        ? new DecisionDocument { Id = id, State = WireNames.Of(request.State), Code = null, Detail = null }
        : new DecisionDocument { Id = id, State = null, Code = RestErrors.KindOf(refusal.Code).Code, Detail = refusal.Detail };
}
