using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Provisioning.Cli.Bulk;

/// <summary>A line of a file or an answer.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Bytes">Without the end of the line, and empty when it is too long. Good until the next line is read.</param>
/// <param name="IsTooLong">True when it is longer than anything that is read here.</param>
/// <param name="IsWhole">False for a last line that does not end.</param>
internal readonly record struct Line(long Number, ReadOnlyMemory<byte> Bytes, bool IsTooLong, bool IsWhole);

/// <summary>Reads lines, however many there are, in constant memory. They end with LF or CRLF.</summary>
internal static class LineReader
{
    /// <summary>The longest line, in octets; the service reads 16 KiB.</summary>
    internal const int MaxLength = 64 * 1024;

    /// <summary>Reads lines to the end; a byte order mark before the first is passed over.</summary>
    internal static async IAsyncEnumerable<Line> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: MaxLength, leaveOpen: true));
        var number = 0L;
        var isTooLong = false;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(ct);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    yield return ToLine(++number, isTooLong, rest.Slice(0, end), isWhole: true);
                    isTooLong = false;
                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                if (read.IsCompleted)
                {
                    if (isTooLong || !rest.IsEmpty) yield return ToLine(++number, isTooLong, rest, isWhole: false);
                    yield break;
                }

                // What is too long is thrown away as it comes.
                isTooLong |= rest.Length > MaxLength;
                if (isTooLong) reader.AdvanceTo(rest.End);
                else reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static Line ToLine(long number, bool isTooLong, ReadOnlySequence<byte> rest, bool isWhole)
    {
        if (isTooLong || rest.Length > MaxLength + 1) return new Line(number, default, true, isWhole);
        var bytes = rest.IsSingleSegment ? rest.First : rest.ToArray();
        if (bytes is { IsEmpty: false } && bytes.Span[^1] == '\r') bytes = bytes[..^1];
        if (number == 1 && bytes.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) bytes = bytes[3..];
        return new Line(number, bytes, false, isWhole);
    }
}
