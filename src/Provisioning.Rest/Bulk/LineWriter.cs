using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Bulk;

/// <summary>
/// Answers with one JSON object a line. The answer starts with the first line, so that until then it can still be a problem; each
/// line waits until the caller has taken enough of those before.
/// </summary>
internal sealed class LineWriter(HttpResponse response)
{
    private static readonly byte[] End = "\n"u8.ToArray();

    /// <summary>Writes a line, and sends it.</summary>
    internal async ValueTask WriteAsync<T>(T document, CancellationToken ct)
        where T : class
    {
        Append(document);
        await FlushAsync(ct);
    }

    /// <summary>Writes a line, to be sent with the next ones.</summary>
    internal void Append<T>(T document)
        where T : class
    {
        var body = Start();
        body.Write(RestJson.Write(document));
        body.Write(End);
    }

    /// <summary>Sends what was written, and waits while the caller is slow.</summary>
    internal async ValueTask FlushAsync(CancellationToken ct)
    {
        if (response.HasStarted || response.ContentType is not null) _ = await response.BodyWriter.FlushAsync(ct);
    }

    private PipeWriter Start()
    {
        if (!response.HasStarted && response.ContentType is null)
        {
            response.ContentType = MediaTypes.Lines;
            response.Headers.CacheControl = "no-store";
        }

        return response.BodyWriter;
    }
}
