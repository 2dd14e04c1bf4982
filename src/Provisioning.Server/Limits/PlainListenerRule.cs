using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Provisioning.Server.Errors;
using Provisioning.Status;

namespace Provisioning.Server.Limits;

/// <summary>
/// The plain listener serves what is marked for it, and nothing else. Nobody can say there who he is: so what is for everybody is answered
/// without asking, within the limits of the address. A status costs little more than its way through the service, and this is most of that.
/// </summary>
internal sealed class PlainListenerRule(IOptions<RateLimiterOptions> limits)
{
    private readonly RateLimiterOptions _limits = limits.Value;

    /// <summary>Answers, refuses, or lets the request go its way.</summary>
    internal Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.IsHttps) return next(context);
        if (context.GetEndpoint() is not { RequestDelegate: { } answer } endpoint || endpoint.Metadata.GetMetadata<ServedOnPlainHttpAttribute>() is null)
            return DoorErrors.WriteStatusAsync(context, StatusCodes.Status404NotFound);

        // Some endpoints decide themselves who may ask.
        return endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null ? next(context) : AnswerAsync(context, answer);
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate answer)
    {
        using var lease = _limits.GlobalLimiter!.AttemptAcquire(context);
        if (lease.IsAcquired) await answer(context);
        else await CallerLimits.RejectAsync(context);
    }
}
