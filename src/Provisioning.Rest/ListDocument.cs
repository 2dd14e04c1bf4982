namespace Provisioning.Rest;

/// <summary>A list that is given whole.</summary>
/// <typeparam name="T">What is listed.</typeparam>
internal sealed record ListDocument<T>
{
    /// <summary>The rows.</summary>
    public required IReadOnlyList<T> Items { get; init; }
}
