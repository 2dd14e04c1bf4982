using System.Xml;

namespace Provisioning.Rest.Wire;

/// <summary>ISO 8601 durations, such as <c>P7D</c> or <c>PT1H</c>.</summary>
internal static class Durations
{
    /// <summary>What is asked for, for people.</summary>
    internal const string Rule = "It is an ISO 8601 duration, such as P7D or PT1H.";

    /// <summary>Reads one.</summary>
    /// <param name="text">What was sent.</param>
    /// <param name="duration">The duration; months have 30 days, years 365.</param>
    /// <returns>False when it is none.</returns>
    internal static bool TryParse(string text, out TimeSpan duration)
    {
        try
        {
            duration = XmlConvert.ToTimeSpan(text);
            return true;
        }
        catch (Exception problem) when (problem is FormatException or OverflowException)
        {
            duration = default;
            return false;
        }
    }

    /// <summary>Writes one.</summary>
    internal static string Of(TimeSpan duration) => XmlConvert.ToString(duration);
}
