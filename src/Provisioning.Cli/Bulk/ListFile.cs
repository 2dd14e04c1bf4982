using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Provisioning.Cli.Api;

namespace Provisioning.Cli.Bulk;

/// <summary>A row of a list, or what is wrong with it.</summary>
/// <param name="Line">The line of the file, from 1.</param>
/// <param name="Value">The row; null when it cannot be read.</param>
/// <param name="Problem">Why not; null when it can.</param>
internal readonly record struct Row<T>(long Line, T? Value, RowProblem? Problem)
    where T : class;

/// <summary>
/// A list of things, one a line: JSON objects (NDJSON), or comma-separated values whose first line names the columns as the fields of
/// the objects are named, with <c>attribute:NAME</c> for attributes. A file is never in memory as a whole.
/// </summary>
internal static class ListFile
{
    private const string Attribute = "attribute:";

    /// <summary>Whether a file holds JSON objects: it begins with one. Everything else is CSV.</summary>
    internal static bool IsJson(string path)
    {
        using var stream = File.OpenRead(path);
        for (var next = stream.ReadByte(); next >= 0; next = stream.ReadByte())
        {
            // White space, and a byte order mark.
            if (next is not (' ' or '\t' or '\r' or '\n' or 0xEF or 0xBB or 0xBF)) return next == '{';
        }

        throw FailureException.Usage($"'{path}' is empty.");
    }

    /// <summary>Counts the rows, to know how many are left.</summary>
    internal static async Task<long> CountAsync(string path, CancellationToken ct)
    {
        var rows = IsJson(path) ? 0L : -1L;
        await using var stream = File.OpenRead(path);
        await foreach (var line in LineReader.ReadAsync(stream, ct))
            if (line.IsTooLong || !line.Bytes.IsEmpty) rows++;
        return rows;
    }

    /// <summary>Reads the rows.</summary>
    /// <exception cref="FailureException">The file cannot be read at all.</exception>
    internal static async IAsyncEnumerable<Row<T>> ReadAsync<T>(string path, [EnumeratorCancellation] CancellationToken ct)
        where T : class
    {
        var type = ApiJson.TypeOf<T>();
        var isJson = IsJson(path);
        List<string>? header = null;
        var json = new ArrayBufferWriter<byte>();
        await using var stream = File.OpenRead(path);
        await foreach (var line in LineReader.ReadAsync(stream, ct))
        {
            if (line.Bytes.IsEmpty && !line.IsTooLong) continue;
            if (!isJson && header is null)
                header = ReadHeader(path, line, type);
            else if (line.IsTooLong)
                yield return Bad<T>(line, $"The line is longer than {LineReader.MaxLength} octets.");
            else if (isJson)
                yield return Parse(line, line.Bytes.Span, type);
            else if (!CsvRow.TrySplit(line.Bytes.Span, out var cells))
                yield return Bad<T>(line, "The quotes do not match, or it is not UTF-8.");
            else if (cells.Count != header!.Count)
                yield return Bad<T>(line, $"There are {cells.Count} cells, and {header.Count} columns.");
            else
                yield return Parse(line, ToJson(header, cells, json), type);
        }
    }

    private static List<string> ReadHeader(string path, Line line, JsonTypeInfo type)
    {
        var known = type.Properties.Select(property => property.Name).ToHashSet();
        var canHaveAttributes = known.Remove("attributes");
        var columns = string.Join(", ", known) + (canHaveAttributes ? $", {Attribute}NAME" : "");
        if (line.IsTooLong || !CsvRow.TrySplit(line.Bytes.Span, out var cells) || cells.Distinct().Count() != cells.Count
            || !cells.TrueForAll(cell => known.Contains(cell) || (canHaveAttributes && cell.StartsWith(Attribute, StringComparison.Ordinal))))
        {
            throw FailureException.Usage($"The first line of '{path}' has to name the columns, each once, out of: {columns}.");
        }

        return cells;
    }

    // As JSON, so that both forms are read by the same rules.
    private static ReadOnlySpan<byte> ToJson(List<string> header, List<string> cells, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, cell) in header.Zip(cells))
                if (cell.Length > 0 && !name.StartsWith(Attribute, StringComparison.Ordinal)) json.WriteString(name, cell);
            var attributes = header.Zip(cells)
                .Where(pair => pair.Second.Length > 0 && pair.First.StartsWith(Attribute, StringComparison.Ordinal)).ToList();
            if (attributes.Count > 0)
            {
                json.WriteStartObject("attributes");
                foreach (var (name, cell) in attributes) json.WriteString(name[Attribute.Length..], cell);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }

    private static Row<T> Parse<T>(Line line, ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        // The reader of the platform looks at the octets of a text only when it is used.
        if (!Utf8.IsValid(json)) return Bad<T>(line, "The line is not UTF-8.");
        try
        {
            return JsonSerializer.Deserialize(json, type) is { } value ? new Row<T>(line.Number, value, null) : Bad<T>(line, "It is null.");
        }
        catch (JsonException unreadable)
        {
            return Bad<T>(line, unreadable.Message);
        }
    }

    private static Row<T> Bad<T>(Line line, string detail)
        where T : class => new(line.Number, null, new RowProblem(line.Number, null, "malformed", detail));
}
