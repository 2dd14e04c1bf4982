using System.Globalization;
using System.Text;

namespace Provisioning.Core.Enrollment;

/// <summary>What a registrar may say of a device: at most 16 short texts.</summary>
public static class DeviceAttributes
{
    /// <summary>The most that a device has.</summary>
    public const int MaxCount = 16;

    private const int MaxNameLength = 32;
    private const int MaxValueLength = 256;

    /// <summary>Judges attributes.</summary>
    /// <returns>The refusal, or null when there is none.</returns>
    internal static Refusal? Check(IReadOnlyDictionary<string, string>? attributes)
    {
        if (attributes is null) return null;
        if (attributes.Count > MaxCount) return Refuse($"At most {MaxCount} attributes are kept.");
        foreach (var (name, value) in attributes)
        {
            if (CheckName(name) is { } badName) return Refuse(badName, name);
            if (value.Length > MaxValueLength || value.EnumerateRunes().Any(rune => !IsPrintable(rune)))
                return Refuse($"The value of '{name}' is longer than {MaxValueLength} or holds characters that cannot be printed.", name);
        }

        return null;
    }

    /// <summary>Judges the name of an attribute.</summary>
    /// <returns>What is wrong with it, for people; or null.</returns>
    internal static string? CheckName(string name) =>
        name.Length is 0 or > MaxNameLength || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? $"An attribute's name is 1 to {MaxNameLength} letters, digits, '-', '_' or '.'."
            : null;

    // They become names in certificates, so nothing in them may be invisible.
    private static bool IsPrintable(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control
            or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned);

    private static Refusal Refuse(string detail, string? name = null) =>
        new(RefusalCode.BadAttributes, detail) { Attribute = name };
}
