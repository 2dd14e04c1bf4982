namespace Provisioning.Rest.Wire;

/// <summary>Looks for nulls in lists: the runtime holds properties to their nullability, but not the values of a list.</summary>
internal static class NullValues
{
    /// <summary>Finds the first one.</summary>
    /// <typeparam name="T">What the list holds.</typeparam>
    /// <param name="pointer">The list's JSON pointer (RFC 6901).</param>
    /// <param name="list">The list, or null.</param>
    /// <returns>The problem, which points to it; null when there is none.</returns>
    internal static Problem? First<T>(string pointer, IReadOnlyList<T>? list)
    {
        for (var i = 0; i < (list?.Count ?? 0); i++)
            if (list![i] is null) return RestErrors.Malformed("The value is null.", $"{pointer}/{i}");
        return null;
    }
}
