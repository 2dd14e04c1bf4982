using Provisioning.Core.Enrollment;

namespace Provisioning.Rest;

/// <summary>One occurrence of a problem, before it is written.</summary>
internal sealed record Problem(ProblemKind Kind, string Detail)
{
    /// <summary>Where in the JSON body (RFC 6901), or null.</summary>
    internal string? Pointer { get; init; }

    /// <summary>When it makes sense to ask again, or null.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>The core's reason; null for what only HTTP knows.</summary>
    internal RefusalCode? Refusal { get; init; }
}
