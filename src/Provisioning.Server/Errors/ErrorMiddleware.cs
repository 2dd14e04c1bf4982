using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Errors;

/// <summary>
/// The outermost step: whatever comes back without a body gets one that says why, and whatever is thrown too. The one place
/// of the service that catches every exception.
/// </summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (IsBareProblem(context.Response)) await DoorErrors.WriteStatusAsync(context, context.Response.StatusCode);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has hung up; there is nobody to answer.
            context.Abort();
        }
        catch (Exception problem) when (problem is ConnectionResetException or ConnectionAbortedException)
        {
            // So it has here, while its request was still being read.
            context.Abort();
        }
        catch (Exception problem) when (!context.Response.HasStarted)
        {
            // Every other exception is a bug or broken infrastructure: the caller learns that, and nothing else.
            context.Response.Clear();
            await AnswerAsync(context, problem);
        }
        catch (BadHttpRequestException)
        {
            // The answer has begun, so the only way to say that it is not whole is to break it off.
            context.Abort();
        }
    }

    private static bool IsBareProblem(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentLength: null }
            && string.IsNullOrEmpty(response.ContentType);

    private Task AnswerAsync(HttpContext context, Exception problem)
    {
        switch (problem)
        {
            case BadHttpRequestException bad:
                return DoorErrors.WriteStatusAsync(context, bad.StatusCode);
            case StorageUnavailableException:
                Log.StorageUnavailable(logger, problem);
                return DoorErrors.WriteAsync(context, LaterRefusal());
            case DamagedRecordException:
                // The log has it already, once for each record, and a metric counts it.
                return DoorErrors.WriteAsync(context, new Refusal(RefusalCode.RecordDamaged, problem.Message));
            default:
                Log.Failed(logger, context.Request.Method, context.GetEndpoint()?.DisplayName, problem);
                return DoorErrors.WriteStatusAsync(context, StatusCodes.Status500InternalServerError);
        }
    }

    // Spread, so that those who failed together do not come back together.
    private static Refusal LaterRefusal() => new(RefusalCode.StorageUnavailable, "Try again later; a retry is safe.")
    {
        RetryAfter = TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32(3, 9)),
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The database cannot do it now")]
        internal static partial void StorageUnavailable(ILogger logger, Exception problem);

        [LoggerMessage(2, LogLevel.Error, "{Method} {Endpoint} failed")]
        internal static partial void Failed(ILogger logger, string method, string? endpoint, Exception problem);
    }
}
