using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Provisioning.Cli.Api;

/// <summary>Reads lists page by page.</summary>
internal static class Lists
{
    private const int LargestPage = 500;

    /// <summary>Follows the cursors of a list.</summary>
    /// <param name="client">The API.</param>
    /// <param name="path">The list.</param>
    /// <param name="filters">Its parameters; those that are null are left out.</param>
    /// <param name="limit">Rows in all; null for all there are.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The pages as they come; at least one.</returns>
    internal static async IAsyncEnumerable<IReadOnlyList<JsonElement>> PagesAsync(
        ApiClient client,
        string path,
        IReadOnlyList<(string Name, string? Value)> filters,
        int? limit,
        [EnumeratorCancellation] CancellationToken ct)
    {
        string? cursor = null;
        var left = limit ?? int.MaxValue;
        do
        {
            var size = Math.Min(left, LargestPage);
            var page = await client.GetAsync<ListPage>(
                path + Query([.. filters, ("limit", size.ToString()), ("cursor", cursor)]), ct);
            yield return page.Items;
            left -= page.Items.Count;
            cursor = page.NextCursor;
        }
        while (cursor is not null && left > 0);
    }

    /// <summary>A list that is given whole, as one page.</summary>
    internal static async IAsyncEnumerable<IReadOnlyList<JsonElement>> WholeAsync(
        ApiClient client, string path, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return (await client.GetAsync<ListPage>(path, ct)).Items;
    }

    /// <summary>A whole list, as one type.</summary>
    internal static async Task<List<T>> AllAsync<T>(ApiClient client, string path, CancellationToken ct)
    {
        var all = new List<T>();
        await foreach (var page in PagesAsync(client, path, [], null, ct)) all.AddRange(page.Select(As<T>));
        return all;
    }

    /// <summary>A row as a type.</summary>
    internal static T As<T>(JsonElement row) => row.Deserialize(ApiJson.TypeOf<T>())!;

    /// <summary>Puts parameters together; those that are null are left out.</summary>
    internal static string Query(IEnumerable<(string Name, string? Value)> parameters) => "?" + string.Join(
        '&',
        parameters.Where(one => one.Value is not null).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}"));
}
