using Provisioning.Core.Enrollment;
using Provisioning.Est;
using Provisioning.Rest;

namespace Provisioning.Server.Errors;

/// <summary>
/// Answers what no door got to answer: who the caller is, how much it asked, what nobody serves, what went wrong. In the words of the door that
/// was called, for its clients read no others.
/// </summary>
internal static class DoorErrors
{
    /// <summary>Answers with a refusal.</summary>
    /// <param name="context">The request; its answer must not have started.</param>
    /// <param name="refusal">Why.</param>
    internal static Task WriteAsync(HttpContext context, Refusal refusal) =>
        EstErrors.IsSpokenAt(context) ? EstErrors.WriteAsync(context, refusal) : Problems.WriteAsync(context, refusal);

    /// <summary>Answers with a status that HTTP itself led to; headers that are set already stay.</summary>
    /// <param name="context">The request; its answer must not have started.</param>
    /// <param name="status">400 or above.</param>
    internal static Task WriteStatusAsync(HttpContext context, int status) =>
        EstErrors.IsSpokenAt(context) ? EstErrors.WriteStatusAsync(context, status) : Problems.WriteStatusAsync(context, status);
}
