namespace Provisioning.Storage.Sessions;

/// <summary>What becomes of a row that says what no row can say, because a disk or a person has damaged it.</summary>
internal static class Damage
{
    // The last second of the year 9999: what .NET and DER can express.
    private const long Latest = 253_402_300_799_999;

    /// <summary>Whether an exception of reading a row tells of damage. Those of the connection are others.</summary>
    public static bool IsToldBy(Exception e) =>
        e is InvalidDataException or ArgumentException or InvalidCastException or InvalidOperationException or FormatException or OverflowException;

    /// <summary>Reads a time that may be damaged.</summary>
    /// <param name="milliseconds">Unix milliseconds.</param>
    /// <returns>Null when nothing was ever revoked at such a time.</returns>
    public static DateTimeOffset? TryReadTime(long milliseconds) =>
        milliseconds is >= 0 and <= Latest ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}
