using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Provisioning.Core.Enrollment;
using Provisioning.Server.Configuration;
using Provisioning.Server.Errors;

namespace Provisioning.Server.Limits;

/// <summary>
/// How much each caller may ask: a bucket for every principal, and one for every address that shows no credential, so that a
/// flood of strangers never locks a device out.
/// </summary>
internal static class CallerLimits
{
    internal static void Configure(RateLimiterOptions limiter, ServerOptions.LimitsSection limits)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
        {
            var caller = context.Features.Get<Caller>();
            var isStatus = caller is null && !context.Request.IsHttps;
            var key = KeyOf(caller, isStatus, context.Connection.RemoteIpAddress);
            var rate = isStatus ? limits.Status : RateOf(caller, limits);
            return RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = rate.Burst,
                TokensPerPeriod = rate.PerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            });
        });
        limiter.OnRejected = static (rejected, _) => new ValueTask(RejectAsync(rejected.HttpContext));
    }

    // A claim certificate is the same for a whole batch: one that was stolen must not use up what the others may ask.
    internal static string KeyOf(Caller caller, IPAddress? address) => KeyOf(caller, isStatus: false, address);

    private static string KeyOf(Caller? caller, bool isStatus, IPAddress? address) => caller switch
    {
        null => (isStatus ? "status:" : "address:") + CallerAddress.Of(address),
        Caller.Claim => $"{caller.Actor} {CallerAddress.Of(address)}",
        _ => caller.Actor,
    };

    private static ServerOptions.Rate RateOf(Caller? caller, ServerOptions.LimitsSection limits) => caller switch
    {
        Caller.Registrar => limits.Registrar,
        Caller.Administrator => limits.Administrator,
        Caller.RelyingParty => limits.RelyingParty,
        Caller.Device or Caller.Birth => limits.Device,
        Caller.Token => limits.Token,
        Caller.Claim => limits.Claim,
        _ => limits.Anonymous,
    };

    /// <summary>Answers who has asked too much.</summary>
    internal static Task RejectAsync(HttpContext context)
    {
        // Spread, so that those who were refused together do not come back together.
        var seconds = 1 + Random.Shared.Next(3);
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return DoorErrors.WriteStatusAsync(context, StatusCodes.Status429TooManyRequests);
    }
}
