using Microsoft.AspNetCore.Http;
using Provisioning.Core.Lots;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Answers;

/// <summary>200 with the units of a lot as lines of JSON, streamed: they may be ten million, and are never all in memory.</summary>
internal sealed class UnitsAnswer(IAsyncEnumerable<LotUnit> units) : IResult
{
    // Octets that are written together.
    private const int Enough = 32 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, ct) = (httpContext.Response, httpContext.RequestAborted);
        await using var rows = units.GetAsyncEnumerator(ct);

        // Before the head is sent: a database that fails is a problem, and not half an answer.
        var more = await rows.MoveNextAsync();
        response.ContentType = MediaTypes.Lines;
        response.Headers.CacheControl = "no-store";
        for (; more; more = await rows.MoveNextAsync())
        {
            LotUnitLines.Append(response.BodyWriter, rows.Current);
            if (response.BodyWriter.UnflushedBytes >= Enough) await response.BodyWriter.FlushAsync(ct);
        }

        await response.BodyWriter.FlushAsync(ct);
    }
}
