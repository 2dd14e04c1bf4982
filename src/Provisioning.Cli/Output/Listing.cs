using System.Text.Json;
using Provisioning.Cli.Api;

namespace Provisioning.Cli.Output;

/// <summary>Rows for people as a table, and for scripts as one JSON document.</summary>
internal static class Listing
{
    /// <summary>Writes a list page by page as it comes: a million rows are neither kept in memory nor waited for.</summary>
    internal static async Task WriteAsync<T>(
        Invocation run, IAsyncEnumerable<IReadOnlyList<JsonElement>> pages, Table table, Func<T, string[]> toRow, CancellationToken ct)
    {
        var output = run.Terminal.Out;
        var separator = "{\"items\":[\n";
        await foreach (var page in pages.WithCancellation(ct))
        {
            if (!run.Settings.Json)
            {
                table.Write(output, [.. page.Select(row => toRow(Lists.As<T>(row)))]);
                continue;
            }

            foreach (var row in page)
            {
                await output.WriteAsync(separator + row.GetRawText());
                separator = ",\n";
            }
        }

        if (run.Settings.Json) await output.WriteLineAsync(separator.StartsWith('{') ? "{\"items\":[]}" : "\n]}");
    }

    /// <summary>Writes one thing: all that was told, or a title and some fields of it.</summary>
    internal static void Show(Invocation run, JsonElement row, string title, params IReadOnlyList<(string Name, string? Value)> fields)
    {
        if (run.Settings.Json)
        {
            run.Terminal.Out.WriteLine(row.GetRawText());
            return;
        }

        run.Terminal.Out.WriteLine(Table.Clean(title));
        Table.WriteFields(run.Terminal.Out, fields);
    }
}
