using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Provisioning.Rest.Bulk;

/// <summary>A line of a body.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Bytes">Without the end of the line; of one that is too long, its beginning. Good until the next line is read.</param>
/// <param name="IsTooLong">True when it is longer than anything that is read here.</param>
internal readonly record struct Line(long Number, ReadOnlyMemory<byte> Bytes, bool IsTooLong);

/// <summary>
/// Reads a body of any length line by line, in constant memory. Ends are LF or CRLF; a body may end without one. One line that is too
/// long is told and skipped, and the next one is read.
/// </summary>
internal static class LineReader
{
    /// <summary>The longest line, in octets.</summary>
    internal const int MaxLength = Wire.RequestBody.MaxLength;

    // Who sends nothing for so long is gone, or holds a connection for nothing.
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Reads to the end.</summary>
    /// <exception cref="BadHttpRequestException">408: nothing came for five minutes.</exception>
    internal static async IAsyncEnumerable<Line> ReadAsync(
        PipeReader body, TimeProvider time, [EnumeratorCancellation] CancellationToken ct)
    {
        var number = 0L;
        byte[]? beginning = null;
        while (true)
        {
            var read = await NextAsync(body, time, ct);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                yield return ToLine(++number, beginning, rest.Slice(0, end));
                beginning = null;
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            if (read.IsCompleted)
            {
                if (beginning is not null || !rest.IsEmpty) yield return ToLine(++number, beginning, rest);
                body.AdvanceTo(rest.End);
                yield break;
            }

            // Of what is too long only the beginning is kept, and the rest thrown away as it comes.
            if (beginning is not null || rest.Length > MaxLength + 1)
            {
                beginning ??= rest.Slice(0, MaxLength).ToArray();
                body.AdvanceTo(rest.End);
            }
            else
            {
                body.AdvanceTo(rest.Start, rest.End);
            }
        }
    }

    private static async ValueTask<ReadResult> NextAsync(PipeReader body, TimeProvider time, CancellationToken ct)
    {
        var reading = body.ReadAsync(ct);
        if (reading.IsCompleted) return await reading;
        var read = reading.AsTask();
        try
        {
            return await read.WaitAsync(Patience, time, ct);
        }
        catch (TimeoutException)
        {
            // Nobody may be left reading, or the server could not end the request in order.
            body.CancelPendingRead();
            body.AdvanceTo((await read).Buffer.Start);
            throw new BadHttpRequestException("Nothing came for too long.", StatusCodes.Status408RequestTimeout);
        }
    }

    private static Line ToLine(long number, byte[]? beginning, ReadOnlySequence<byte> rest)
    {
        if (beginning is not null) return new Line(number, beginning, true);
        var bytes = rest.IsSingleSegment ? rest.First : rest.ToArray();
        if (bytes is { IsEmpty: false } && bytes.Span[^1] == '\r') bytes = bytes[..^1];
        return bytes.Length > MaxLength ? new Line(number, bytes[..MaxLength], true) : new Line(number, bytes, false);
    }
}
