namespace Provisioning.Core.Enrollment;

/// <summary>An expected "no": what, and a sentence that tells a person what to do about it.</summary>
/// <param name="Code">The stable reason.</param>
/// <param name="Detail">One or two sentences for people. Never holds a secret, a key or the caller's bytes.</param>
public sealed record Refusal(RefusalCode Code, string Detail)
{
    /// <summary>The name of the device's attribute that is meant, or null when it is none of them.</summary>
    public string? Attribute { get; init; }

    /// <summary>The field of a document that is meant (RFC 6901), or null.</summary>
    public string? Field { get; init; }

    /// <summary>For <see cref="RefusalCode.ApprovalPending"/>: what waits; else null.</summary>
    public Approvals.ApprovalRequest? Pending { get; init; }

    /// <summary>When it makes sense to ask again, or null when asking again will not help.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
