using System.Net;
using System.Text.Json;

namespace Provisioning.Cli.Api;

/// <summary>From an answer that is a "no" to the way in which the command ends.</summary>
internal static class Failures
{
    // 403 says two things: this caller may not, which another credential would change; and nobody may.
    private static readonly HashSet<string> AboutTheRequest =
    [
        "ca-requested", "identity-mismatch", "device-suspended", "device-quarantined", "device-decommissioned",
    ];

    /// <summary>Whether asking again, and nothing else, may help.</summary>
    internal static bool IsTransient(HttpStatusCode status, string code) => status
        is HttpStatusCode.Accepted or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
        or HttpStatusCode.GatewayTimeout || code == "request-in-progress";

    /// <summary>The exit code of an answer.</summary>
    internal static ExitCode ExitCodeOf(HttpStatusCode status, string code) => status switch
    {
        _ when IsTransient(status, code) => ExitCode.Unavailable,
        HttpStatusCode.Unauthorized => ExitCode.NotAllowed,
        HttpStatusCode.Forbidden => AboutTheRequest.Contains(code) ? ExitCode.Refused : ExitCode.NotAllowed,
        HttpStatusCode.NotFound => ExitCode.NotFound,
        >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError => ExitCode.Refused,
        _ => ExitCode.Failed,
    };

    /// <summary>Reads a problem document; anything else is reported by its status alone.</summary>
    internal static FailureException Read(HttpStatusCode status, byte[] body)
    {
        if (status == HttpStatusCode.Accepted) return Waiting();
        var problem = Parse(body);
        var code = problem?.Code ?? $"http-{(int)status}";
        var detail = problem?.Detail ?? $"The service answered with HTTP {(int)status}, without saying why.";
        if (problem?.Pointer is { Length: > 0 } pointer) detail += $" (field {pointer})";
        return new FailureException(ExitCodeOf(status, code), code, detail) { Status = (int)status };
    }

    // Not a problem to the service, but whoever waits for a certificate has none yet.
    private static FailureException Waiting() => new(
        ExitCode.Unavailable,
        "approval-pending",
        "An administrator has to approve this first. Run it again later; it is the same request then.")
    {
        Status = (int)HttpStatusCode.Accepted,
    };

    private static Problem? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ApiJson.TypeOf<Problem>());
        }
        catch (JsonException)
        {
            // The answer of something in between, such as a proxy.
            return null;
        }
    }
}
