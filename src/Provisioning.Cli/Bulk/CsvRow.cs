using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Provisioning.Cli.Bulk;

/// <summary>Comma-separated values (RFC 4180) whose rows are one line each: a quote that is missing costs one row, not the rest.</summary>
internal static class CsvRow
{
    /// <summary>Takes a line apart.</summary>
    /// <returns>False when its quotes do not match, or it is not UTF-8.</returns>
    internal static bool TrySplit(ReadOnlySpan<byte> line, [NotNullWhen(true)] out List<string>? cells)
    {
        cells = [];
        if (Utf8.IsValid(line))
        {
            var rest = Encoding.UTF8.GetString(line).AsSpan();
            while (TryTake(ref rest, out var cell, out var isLast))
            {
                cells.Add(cell);
                if (isLast) return true;
            }
        }

        cells = null;
        return false;
    }

    private static bool TryTake(ref ReadOnlySpan<char> rest, [NotNullWhen(true)] out string? cell, out bool isLast)
    {
        if (rest is not ['"', ..])
        {
            var comma = rest.IndexOf(',');
            isLast = comma < 0;
            cell = (isLast ? rest : rest[..comma]).ToString();
            rest = isLast ? default : rest[(comma + 1)..];
            return !cell.Contains('"', StringComparison.Ordinal);
        }

        // The end is a quote that is not one of two.
        var end = 1;
        while (end < rest.Length && (rest[end] != '"' || (end + 1 < rest.Length && rest[end + 1] == '"')))
            end += rest[end] == '"' ? 2 : 1;
        isLast = end + 1 >= rest.Length;
        if (end >= rest.Length || (!isLast && rest[end + 1] != ','))
        {
            cell = null;
            return false;
        }

        cell = rest[1..end].ToString().Replace("\"\"", "\"", StringComparison.Ordinal);
        rest = isLast ? default : rest[(end + 2)..];
        return true;
    }
}
