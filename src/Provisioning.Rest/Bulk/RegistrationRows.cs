using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using Provisioning.Core.Devices.Import;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Bulk;

/// <summary>Reads the rows of an import, as NDJSON or CSV. A row that cannot be read is given as such, and the next one is read.</summary>
internal static class RegistrationRows
{
    private const string Attribute = "attribute:";

    private const string Attributes = "attributes";
    private const string NotText = "The value of an attribute is a text.";

    private static readonly string[] Columns = ["deviceId", "group", "claimBatch", "keyThumbprint", "publicKey", Attributes];

    // What an export tells of a device and nobody decides by importing it.
    private static readonly string[] Unread = ["state", "lot", "createdAt", "updatedAt", "seenAt", "cloneSuspectedAt"];

    /// <summary>The rows of a body of one JSON object a line. Empty lines are skipped.</summary>
    internal static async IAsyncEnumerable<(RegistrationRow Row, ReadOnlyMemory<byte> Bytes)> OfJsonAsync(
        IAsyncEnumerable<Line> lines, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var line in lines.WithCancellation(ct))
        {
            if (line.Bytes.IsEmpty) continue;
            if (Unreadable(line) is { } unreadable)
                yield return (unreadable, line.Bytes);
            else if (StrictJson.Read<RegistrationLine>(line.Bytes).TryGet(out var row, out var problem))
                yield return (Row(line.Number, row), line.Bytes);
            else
                yield return (new RegistrationRow { Line = line.Number, Unreadable = Told(problem) }, line.Bytes);
        }
    }

    /// <summary>The rows of a body of comma-separated values behind the line that names the columns.</summary>
    internal static async IAsyncEnumerable<(RegistrationRow Row, ReadOnlyMemory<byte> Bytes)> OfCsvAsync(
        IAsyncEnumerator<Line> lines, IReadOnlyList<string> header)
    {
        while (await lines.MoveNextAsync())
        {
            var line = lines.Current;
            if (!line.Bytes.IsEmpty) yield return (Unreadable(line) ?? Row(line, header), line.Bytes);
        }
    }

    /// <summary>Reads the line that names the columns.</summary>
    /// <returns>The columns, or the problem: nothing can be read without them.</returns>
    internal static Checked<IReadOnlyList<string>> Header(Line line)
    {
        var bytes = line.Bytes.Span is [0xEF, 0xBB, 0xBF, ..] ? line.Bytes[3..] : line.Bytes;
        if (line.IsTooLong || !CsvLine.TrySplit(Encoding.UTF8.GetString(bytes.Span), out var cells))
            return BadHeader;
        var unknown = cells.FirstOrDefault(
            cell => !Columns.Contains(cell) && !Unread.Contains(cell) && !cell.StartsWith(Attribute, StringComparison.Ordinal));
        if (unknown is not null || !cells.Contains(Columns[0]) || cells.Distinct().Count() != cells.Count) return BadHeader;

        return cells;
    }

    private static Problem BadHeader => RestErrors.Malformed(
        "The first line names each column once: deviceId, which must be there, group, claimBatch, keyThumbprint, publicKey, attribute:NAME, "
        + "attributes (a JSON object); state, lot, createdAt, updatedAt, seenAt and cloneSuspectedAt are passed over.");

    private static RegistrationRow? Unreadable(Line line)
    {
        if (line.IsTooLong)
            return new RegistrationRow { Line = line.Number, Unreadable = $"The line is longer than {LineReader.MaxLength} octets." };
        return Utf8.IsValid(line.Bytes.Span) ? null : new RegistrationRow { Line = line.Number, Unreadable = "The line is not UTF-8." };
    }

    private static RegistrationRow Row(long number, RegistrationLine row)
    {
        if (row.Attributes?.Values.Any(value => value is null) == true)
            return new RegistrationRow { Line = number, DeviceId = row.DeviceId, Unreadable = NotText };
        if (row.KeyThumbprint is not null && row.ExpectedKey is not null)
            return new RegistrationRow { Line = number, DeviceId = row.DeviceId, Unreadable = "'keyThumbprint' and 'expectedKey' are the same; give one." };
        return new RegistrationRow
        {
            Line = number,
            DeviceId = row.DeviceId,
            Group = row.Group,
            ClaimBatch = row.ClaimBatch,
            KeyThumbprint = row.KeyThumbprint ?? row.ExpectedKey,
            PublicKey = row.PublicKey,
            Attributes = row.Attributes ?? new Dictionary<string, string>(),
        };
    }

    private static RegistrationRow Row(Line line, IReadOnlyList<string> header)
    {
        if (!CsvLine.TrySplit(Encoding.UTF8.GetString(line.Bytes.Span), out var cells))
            return new RegistrationRow { Line = line.Number, Unreadable = "The quotes do not match." };
        if (cells.Count != header.Count)
            return new RegistrationRow { Line = line.Number, Unreadable = $"There are {cells.Count} cells, and {header.Count} columns." };
        var row = new RegistrationRow { Line = line.Number };
        var attributes = new Dictionary<string, string>();
        for (var i = 0; i < cells.Count; i++)
        {
            var value = CsvLine.Plain(cells[i]);
            if (value.Length == 0) continue;
            switch (header[i])
            {
                case "deviceId": row = row with { DeviceId = value }; break;
                case "group": row = row with { Group = value }; break;
                case "claimBatch": row = row with { ClaimBatch = value }; break;
                case "keyThumbprint": row = row with { KeyThumbprint = value }; break;
                case "publicKey": row = row with { PublicKey = value }; break;
                case Attributes:
                    if (!TryAdd(attributes, value)) return row with { Unreadable = "The cell 'attributes' is no JSON object of texts, or names one twice." };
                    break;
                case var name when name.StartsWith(Attribute, StringComparison.Ordinal):
                    if (!attributes.TryAdd(name[Attribute.Length..], value)) return row with { Unreadable = "An attribute is there twice." };
                    break;
            }
        }

        return row with { Attributes = attributes };
    }

    private static bool TryAdd(Dictionary<string, string> attributes, string json)
    {
        var isRead = StrictJson.Read<IReadOnlyDictionary<string, string>>(Encoding.UTF8.GetBytes(json)).TryGet(out var more, out _);
        return isRead && more!.All(pair => pair.Value is not null && attributes.TryAdd(pair.Key, pair.Value));
    }

    private static string Told(Problem problem) =>
        string.IsNullOrEmpty(problem.Pointer) ? problem.Detail : $"{problem.Pointer}: {problem.Detail}";
}
