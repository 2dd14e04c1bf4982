using Provisioning.Core.Certificates;

namespace Provisioning.Rest;

/// <summary>A page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
internal sealed record PageDocument<T>
{
    /// <summary>The rows.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>To be given as <c>cursor</c> for the next page; null on the last one.</summary>
    public required string? NextCursor { get; init; }

    internal static PageDocument<T> Of<TRow>(Page<TRow> page, Func<TRow, T> toDocument) => new()
    {
        Items = [.. page.Items.Select(toDocument)],
        NextCursor = page.NextCursor?.ToString(),
    };
}
