using System.Collections.Frozen;
using System.Text.Json;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Rest.Wire;

/// <summary>
/// How the values of enumerations are spelled: <c>current</c>, <c>registered</c>; reasons as RFC 5280 spells them.
/// </summary>
public static class WireNames
{
    /// <summary>Every spelling of an enumeration, in its order.</summary>
    /// <param name="enumeration">The enumeration.</param>
    /// <returns>The names.</returns>
    public static IReadOnlyList<string> AllOf(Type enumeration) =>
        enumeration == typeof(RevocationReason) ? RevocationReasons.All
        : enumeration == typeof(FeedEventKind) ? FeedEventKinds.AllTypes
        : [.. Enum.GetNames(enumeration).Select(JsonNamingPolicy.CamelCase.ConvertName)];

    /// <summary>The spelling of a value.</summary>
    /// <typeparam name="T">The enumeration; not that of the reasons of revocation.</typeparam>
    /// <param name="value">One of its values.</param>
    /// <returns>The name.</returns>
    public static string Of<T>(T value)
        where T : struct, Enum => Table<T>.Names[value];

    internal static bool TryParse<T>(string text, out T value)
        where T : struct, Enum => Table<T>.Values.TryGetValue(text, out value);

    private static class Table<T>
        where T : struct, Enum
    {
        internal static readonly FrozenDictionary<T, string> Names = Enum.GetValues<T>()
            .ToFrozenDictionary(value => value, value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()));

        internal static readonly FrozenDictionary<string, T> Values =
            Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
    }
}
