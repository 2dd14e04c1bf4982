namespace Provisioning.Core.Enrollment;

/// <summary>What people write down for people: it stands in logs, in the audit and in signed reports, so it is one line.</summary>
internal static class FreeText
{
    /// <summary>Judges a text.</summary>
    /// <param name="text">The text, or null.</param>
    /// <param name="most">The longest that is kept, in characters.</param>
    /// <returns>What is wrong with it, for people; null when nothing is.</returns>
    internal static string? Check(string? text, int most) => text is not null && (text.Length > most || text.Any(char.IsControl))
        ? $"At most {most} characters are kept, and no control characters."
        : null;
}
