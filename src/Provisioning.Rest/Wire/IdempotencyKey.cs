using Microsoft.AspNetCore.Http;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest.Wire;

/// <summary>The header by which a caller names a request, so that a retry is known as one.</summary>
internal static class IdempotencyKey
{
    internal const string Header = "Idempotency-Key";

    /// <summary>Reads it.</summary>
    /// <returns>The key, null inside when there is none; or the problem.</returns>
    internal static Checked<string?> Read(HttpRequest request)
    {
        var values = request.Headers[Header];
        if (values.Count == 0) return (string?)null;
        return values is [{ Length: > 0 and <= EnrollmentService.MaxRequestKeyLength } key]
            && key.All(c => c is > ' ' and <= '~')
            ? key
            : new Problem(
                RestErrors.BadIdempotencyKey,
                $"Send one {Header} of 1 to {EnrollmentService.MaxRequestKeyLength} visible ASCII characters, "
                + "such as a UUID.");
    }
}
