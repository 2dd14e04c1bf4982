using System.Globalization;

namespace Provisioning.Core.Lots;

/// <summary>Consecutive device IDs: a prefix and a number with leading zeros, such as <c>PUMP-000001</c> to <c>PUMP-010000</c>.</summary>
/// <param name="Prefix">What all IDs start with.</param>
/// <param name="First">The first number.</param>
/// <param name="Last">The last number.</param>
/// <param name="Width">How many digits the number has.</param>
public sealed record LotRange(string Prefix, long First, long Last, int Width)
{
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
}
