using System.Text;

namespace Provisioning.Cli.Output;

/// <summary>Columns for people, as wide as their content.</summary>
internal sealed class Table(params string[] headings)
{
    private readonly int[] _widths = [.. headings.Select(heading => heading.Length)];
    private bool _headed;

    /// <summary>Writes rows, under the headings the first time. A later page is at least as wide.</summary>
    internal void Write(TextWriter output, IReadOnlyList<string[]> rows)
    {
        var clean = rows.Select(row => row.Select(Clean).ToArray()).ToList();
        foreach (var row in clean)
        {
            for (var column = 0; column < row.Length; column++)
                _widths[column] = Math.Max(_widths[column], row[column].Length);
        }

        if (!_headed) output.WriteLine(Line(headings));
        _headed = true;
        foreach (var row in clean) output.WriteLine(Line(row));
    }

    /// <summary>Writes one thing as lines of name and value.</summary>
    internal static void WriteFields(TextWriter output, params IReadOnlyList<(string Name, string? Value)> fields)
    {
        var shown = fields.Where(field => field.Value is not null).ToList();
        var width = shown.Max(field => field.Name.Length);
        foreach (var (name, value) in shown) output.WriteLine($"  {Clean(name).PadRight(width)}  {Clean(value!)}");
    }

    /// <summary>A time as people compare them.</summary>
    internal static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'") ?? "";

    private string Line(string[] cells)
    {
        var line = new StringBuilder();
        for (var column = 0; column < cells.Length; column++) line.Append(cells[column].PadRight(_widths[column] + 2));
        return line.ToString().TrimEnd();
    }

    /// <summary>A text without control characters: what a registrar wrote must not steer the terminal of an administrator.</summary>
    internal static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
