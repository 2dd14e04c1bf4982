using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Provisioning.Core.Enrollment;

namespace Provisioning.Storage.Sessions;

/// <summary>
/// Rows that cannot be what this service wrote, because a disk or a person has damaged them. Whoever reads many leaves them out, or tells what
/// can be read of them, so that one of them does not end what is done for all others; all of them are counted here, and told to whoever listens.
/// </summary>
public static class DamagedRows
{
    // Some are met every second: each is told once, and after so many no more are.
    private const int MostTold = 1000;

    // The last second of the year 9999: what .NET and DER can express.
    private const long LatestTime = 253_402_300_799_999;

    private static readonly Meter Meter = new(Database.MeterName);

    private static readonly Counter<long> Count = Meter.CreateCounter<long>(
        "provisioning.storage.damaged_rows", description: "Rows that cannot be read, or not all of them, by table; one that is met twice counts twice.");

    private static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);

    /// <summary>A damaged row was met for the first time: which, and what is wrong with it.</summary>
    public static event Action<string, string>? Met;

    /// <summary>Whether an exception of reading a row tells of damage. Those of the connection are others.</summary>
    internal static bool AreToldBy(Exception e) =>
        e is InvalidDataException or ArgumentException or InvalidCastException or InvalidOperationException or FormatException or OverflowException
            or JsonException or DamagedRecordException;

    /// <summary>A damaged row was met: it is counted, and told if it is the first time.</summary>
    /// <param name="table">Of which table.</param>
    /// <param name="name">Names it in that table.</param>
    /// <param name="problem">What is wrong with it.</param>
    internal static void Meet(string table, string name, string problem)
    {
        Count.Add(1, new KeyValuePair<string, object?>("table", table));
        var which = $"{table} {name}";
        if (Known.Count < MostTold && Known.TryAdd(which, true)) Met?.Invoke(which, problem);
    }

    /// <summary>Reads a row, or leaves it out.</summary>
    /// <typeparam name="T">What a row is.</typeparam>
    /// <param name="table">Of which table.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="name">Names it in that table.</param>
    /// <returns>What was read, or null.</returns>
    internal static T? ReadOrLeaveOut<T>(string table, Func<T> read, Func<string> name)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception problem) when (AreToldBy(problem))
        {
            Meet(table, name(), problem.Message);
            return null;
        }
    }

    /// <summary>Reads a time that may be damaged.</summary>
    /// <param name="milliseconds">Unix milliseconds.</param>
    /// <returns>Null when nothing was ever done at such a time.</returns>
    internal static DateTimeOffset? TryReadTime(long milliseconds) =>
        milliseconds is >= 0 and <= LatestTime ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
}
