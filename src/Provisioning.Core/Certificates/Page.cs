namespace Provisioning.Core.Certificates;

/// <summary>A page of a list that is read by keyset, so that no page costs more than the first.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">The rows.</param>
/// <param name="NextCursor">Where the next page starts; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, Cursor? NextCursor);
