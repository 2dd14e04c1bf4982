using System.Globalization;
using Provisioning.Core.Devices;

namespace Provisioning.Core.Lots;

/// <summary>Consecutive device IDs: a prefix and a number with leading zeros, such as <c>PUMP-000001</c> to <c>PUMP-010000</c>.</summary>
/// <param name="Prefix">What all IDs start with.</param>
/// <param name="First">The first number.</param>
/// <param name="Last">The last number.</param>
/// <param name="Width">How many digits the number has, 1 to <see cref="MaxWidth"/>.</param>
public sealed record LotRange(string Prefix, long First, long Last, int Width)
{
    /// <summary>The most digits.</summary>
    public const int MaxWidth = 18;

    /// <summary>How many IDs there are.</summary>
    public long Count => Last - First + 1;

    /// <summary>Is it one of them?</summary>
    /// <param name="deviceId">An ID.</param>
    /// <returns>True when it is, in this very spelling.</returns>
    public bool Contains(string deviceId) =>
        deviceId.Length == Prefix.Length + Width
        && deviceId.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(deviceId.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number >= First
        && number <= Last;

    /// <summary>Has it an ID in common with another range?</summary>
    /// <param name="other">The other; both sound.</param>
    /// <returns>True when there is an ID in both.</returns>
    public bool Overlaps(LotRange other)
    {
        var (wide, narrow) = Prefix.Length <= other.Prefix.Length ? (this, other) : (other, this);
        if (wide.Prefix.Length + wide.Width != narrow.Prefix.Length + narrow.Width
            || !narrow.Prefix.StartsWith(wide.Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        // All that the longer prefix has beyond the shorter one counts as leading digits there.
        var more = narrow.Prefix[wide.Prefix.Length..];
        if (!more.All(char.IsAsciiDigit)) return false;
        return string.CompareOrdinal(wide.DigitsOf(wide.First), more + narrow.DigitsOf(narrow.Last)) <= 0
            && string.CompareOrdinal(more + narrow.DigitsOf(narrow.First), wide.DigitsOf(wide.Last)) <= 0;
    }

    /// <summary>The ID with a number.</summary>
    /// <param name="number">First to last.</param>
    /// <returns>The ID.</returns>
    public string IdOf(long number) => Prefix + DigitsOf(number);

    /// <summary>Judges it by itself.</summary>
    /// <returns>What is wrong, with the field, or null.</returns>
    internal (string Field, string Detail)? Check()
    {
        if (Width is < 1 or > MaxWidth) return ("width", $"The number has 1 to {MaxWidth} digits.");
        if (First < 0) return ("first", "The first number is at least 0.");
        if (Last < First) return ("last", "The last number comes before the first.");
        if (Last.ToString(CultureInfo.InvariantCulture).Length > Width) return ("last", "The number has more digits than the width.");
        return DeviceId.TryParse(IdOf(First), out _)
            ? null
            : ("prefix", $"Prefix and number make no device ID: 1 to {DeviceId.MaxLength} of A-Z a-z 0-9 . _ - : that start with a letter or a digit.");
    }

    private string DigitsOf(long number) => number.ToString(CultureInfo.InvariantCulture).PadLeft(Width, '0');
}
