using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Provisioning.Rest.Bulk;

/// <summary>
/// A record of comma-separated values (RFC 4180) on one line. Line ends inside quotes are not read: nothing that is imported here may
/// hold one, and so a quote that is missing costs one row and not the rest of the file.
/// </summary>
internal static class CsvLine
{
    // What a spreadsheet would take for a formula when it stands first in a cell.
    private const string Formula = "=+-@\t\r";

    /// <summary>Takes a line apart.</summary>
    /// <returns>False when the quotes do not match.</returns>
    internal static bool TrySplit(string line, [NotNullWhen(true)] out List<string>? cells)
    {
        cells = [];
        for (var at = 0; ; at++)
        {
            if (!TryReadCell(line, ref at, out var cell))
            {
                cells = null;
                return false;
            }

            cells.Add(cell);
            if (at >= line.Length) return true;
        }
    }

    /// <summary>Puts a line together. No cell is a formula to a spreadsheet: such a one gets an apostrophe in front.</summary>
    internal static void Append(StringBuilder line, IEnumerable<string?> cells)
    {
        var isFirst = true;
        foreach (var cell in cells)
        {
            if (!isFirst) line.Append(',');
            isFirst = false;
            if (string.IsNullOrEmpty(cell)) continue;
            line.Append('"');
            if (NeedsApostrophe(cell)) line.Append('\'');
            line.Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }

        line.Append("\r\n");
    }

    /// <summary>Takes the apostrophe away again that an export has put in front.</summary>
    internal static string Plain(string cell) => cell is ['\'', ..] && NeedsApostrophe(cell[1..]) ? cell[1..] : cell;

    private static bool NeedsApostrophe(string cell) =>
        cell.Length > 0 && (Formula.Contains(cell[0], StringComparison.Ordinal) || (cell[0] == '\'' && NeedsApostrophe(cell[1..])));

    // Leaves 'at' on the comma behind the cell, or at the end.
    private static bool TryReadCell(string line, ref int at, [NotNullWhen(true)] out string? cell)
    {
        if (at >= line.Length || line[at] != '"')
        {
            var comma = line.IndexOf(',', Math.Min(at, line.Length));
            var end = comma < 0 ? line.Length : comma;
            cell = line[Math.Min(at, line.Length)..end];
            at = end;
            return !cell.Contains('"', StringComparison.Ordinal);
        }

        var text = new StringBuilder();
        for (at++; at < line.Length; at++)
        {
            if (line[at] != '"')
            {
                text.Append(line[at]);
            }
            else if (at + 1 < line.Length && line[at + 1] == '"')
            {
                text.Append('"');
                at++;
            }
            else
            {
                at++;
                cell = text.ToString();
                return at >= line.Length || line[at] == ',';
            }
        }

        cell = null;
        return false;
    }
}
