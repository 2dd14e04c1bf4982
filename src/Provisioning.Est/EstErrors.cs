using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Enrollment;

namespace Provisioning.Est;

/// <summary>
/// The one place where refusals become what EST has for them (RFC 7030 §4.2.3): a status and one line of plain text, which begins with the
/// stable code of the refusal.
/// </summary>
public static class EstErrors
{
    internal const string MediaType = "text/plain; charset=utf-8";

    private const string ErrorHeader = "Provisioning-Error";

    /// <summary>Asks whether the request is for this door, served or not.</summary>
    /// <param name="context">The request.</param>
    /// <returns>True when its client reads EST's answers.</returns>
    public static bool IsSpokenAt(HttpContext context) => context.Request.Path.StartsWithSegments(EstEndpoints.Root);

    /// <summary>Answers with a refusal; counts and logs it once.</summary>
    /// <param name="context">The request; its answer must not have started.</param>
    /// <param name="refusal">Why.</param>
    /// <returns>When the answer is written.</returns>
    public static Task WriteAsync(HttpContext context, Refusal refusal)
    {
        var takesToken = context.GetEndpoint()?.Metadata.GetMetadata<EstCredentials>()?.TakesToken == true;

        // Who has shown a good token lacks the certificate, which no password makes up for.
        var lacksToken = refusal.Code != RefusalCode.SecondCredentialRequired || context.Features.Get<Caller>() is not Caller.Token;
        var status = StatusOf(refusal.Code, takesToken && lacksToken);
        var patience = refusal.RetryAfter
            ?? (status == StatusCodes.Status503ServiceUnavailable && refusal.Code != RefusalCode.LintFailed ? TimeSpan.FromSeconds(5) : null);
        if (patience is { } wait)
            context.Response.Headers.RetryAfter = SecondsOf(refusal.Code, Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)));

        // libest sends its password only after it was asked for, on a new connection (RFC 7030 §3.2.3).
        if (status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Basic realm=\"provisioning\"";
        return WriteAsync(context, status, RefusalNotice.NameOf(refusal.Code), refusal.Code, refusal.Detail);
    }

    /// <summary>Answers with a status that HTTP itself led to (404, 405, 429 …). Headers that are set already stay.</summary>
    /// <param name="context">The request; its answer must not have started.</param>
    /// <param name="status">400 or above.</param>
    /// <returns>When the answer is written.</returns>
    public static Task WriteStatusAsync(HttpContext context, int status)
    {
        var reason = ReasonPhrases.GetReasonPhrase(status);
        return WriteAsync(context, status, CodeOf(status, reason), null, DetailOf(context, status) ?? reason + ".");
    }

    /// <summary>The status of a refusal. Total: a test walks over every code.</summary>
    /// <param name="code">The refusal.</param>
    /// <param name="takesToken">True where another token might help.</param>
    /// <returns>202, or 400 and above.</returns>
    internal static int StatusOf(RefusalCode code, bool takesToken) => code switch
    {
        RefusalCode.ApprovalPending => 202,

        // A client that gets 401 sends its password, again: so only where that can help.
        RefusalCode.NoCredential or RefusalCode.BadToken or RefusalCode.TokenExpired or RefusalCode.TokenExhausted or RefusalCode.SecondCredentialRequired =>
            takesToken ? 401 : 403,
        RefusalCode.NotFound or RefusalCode.UnknownGroup or RefusalCode.ServerKeysOff => 404,
        RefusalCode.KeyInUse or RefusalCode.NameInUse or RefusalCode.DeviceAlreadyBound or RefusalCode.GroupMismatch or RefusalCode.AlreadyClaimed or RefusalCode.RenewalTooEarly
            or RefusalCode.RecordDamaged => 409,
        RefusalCode.TooLarge => 413,
        RefusalCode.DailyLimit or RefusalCode.TooManyPending or RefusalCode.TooManyStreams => 429,
        RefusalCode.RevocationUnknown or RefusalCode.LintFailed or RefusalCode.AuthorityExpiring or RefusalCode.AuthorityUnavailable
            or RefusalCode.RequestInProgress or RefusalCode.PolicyChanged or RefusalCode.StorageUnavailable or RefusalCode.Overloaded or RefusalCode.ClockRegressed or RefusalCode.ClockSuspect => 503,
        _ => IsAboutTheRequest(code) ? 400 : 403,
    };

    // Spread, because clients add nothing of their own. (The gate of devices has spread its times already, and a window has its own.)
    private static string SecondsOf(RefusalCode code, int seconds)
    {
        var isOwn = code is RefusalCode.Overloaded or RefusalCode.RenewalTooEarly or RefusalCode.DailyLimit;
        return (isOwn ? seconds : RandomNumberGenerator.GetInt32(seconds, (2 * seconds) + 1)).ToString(CultureInfo.InvariantCulture);
    }

    private static bool IsAboutTheRequest(RefusalCode code) => code
        is RefusalCode.Malformed or RefusalCode.BadDeviceId or RefusalCode.BadAttributes or RefusalCode.TwoCredentials or RefusalCode.CaRequested
        or RefusalCode.IdentityMismatch or RefusalCode.BadCsr or RefusalCode.PopInvalid or RefusalCode.SignatureAlgorithm
        or RefusalCode.UnsupportedExtension or RefusalCode.ExtensionNotAllowed or RefusalCode.BadKey or RefusalCode.Roca
        or RefusalCode.UnsupportedKey or RefusalCode.KeyNotAllowed or RefusalCode.KeyBlocked or RefusalCode.NameNotPossible
        or RefusalCode.AttributeMissing or RefusalCode.NewKeyRequired or RefusalCode.NewKeyNotAllowed or RefusalCode.ChannelBinding
        or RefusalCode.KeyProtection;

    // The words of HTTP, but where the REST API has a code of its own for it.
    private static string CodeOf(int status, string reason) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => RefusalNotice.NameOf(RefusalCode.TooLarge),
        StatusCodes.Status500InternalServerError => "internal",
        _ => reason.Replace(' ', '-').ToLowerInvariant(),
    };

    private static async Task WriteAsync(HttpContext context, int status, string code, RefusalCode? refusal, string detail)
    {
        context.RequestServices.GetRequiredService<RefusalNotice>().Note(code, refusal, context.Features.Get<Caller>());
        context.Response.Headers[ErrorHeader] = code;

        // What was not read of the body is never read: the next request would start somewhere inside it.
        if (status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout) context.Response.Headers.Connection = "close";
        await EstAnswer.WriteAsync(context, status, MediaType, Encoding.UTF8.GetBytes($"{code}: {detail.ReplaceLineEndings(" ")}\n"));
    }

    private static string? DetailOf(HttpContext context, int status) => status switch
    {
        404 => $"EST serves {EstEndpoints.Root}/ and {EstEndpoints.Root}/GROUP/ with cacerts, csrattrs, simpleenroll, simplereenroll and serverkeygen.",
        405 => $"Use one of: {context.Response.Headers.Allow}.",
        413 => $"At most {context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize} octets are read.",
        415 => $"Send {EstEndpoints.RequestType}: the DER of a PKCS#10 request in base64, without Content-Encoding.",
        429 => "Wait as long as Retry-After says, then go on more slowly.",
        501 => "Full CMC is not served. Use simpleenroll or simplereenroll.",
        _ => null,
    };
}
