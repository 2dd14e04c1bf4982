using System.Text.Json.Serialization;

namespace Provisioning.Cli.Bulk;

/// <summary>A unit of a list: to be put on a lot, or to be scrapped.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record UnitRow
{
    public required string DeviceId { get; init; }

    /// <summary>Why it is scrapped; nothing else has a use for it.</summary>
    public string? Reason { get; init; }

    /// <summary>Reads a list in pages. Here a bad row stops all: an order is not put together from half a list.</summary>
    internal static async IAsyncEnumerable<UnitRow[]> PagesAsync(
        string path, int size, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var row in ListFile.ReadAsync<UnitRow>(path, ct)) Check(path, row);
        var page = new List<UnitRow>();
        await foreach (var row in ListFile.ReadAsync<UnitRow>(path, ct))
        {
            page.Add(Check(path, row));
            if (page.Count < size) continue;
            yield return [.. page];
            page.Clear();
        }

        if (page.Count > 0) yield return [.. page];
    }

    private static UnitRow Check(string path, Row<UnitRow> row) =>
        row.Value ?? throw FailureException.Usage($"Line {row.Line} of '{path}' cannot be used: {row.Problem!.Detail} Nothing was sent.");
}
