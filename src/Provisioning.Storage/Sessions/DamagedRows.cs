using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Provisioning.Storage.Sessions;

/// <summary>
/// Rows that cannot be what this service wrote. Whoever reads many leaves them out, so that one of them does not end what is done for all
/// others; they are counted here, and told to whoever listens.
/// </summary>
public static class DamagedRows
{
    // Some are met every second: each is told once, and after so many no more are.
    private const int MostTold = 1000;

    private static readonly Meter Meter = new(Database.MeterName);

    private static readonly Counter<long> Count = Meter.CreateCounter<long>(
        "provisioning.storage.damaged_rows", description: "Rows left out because they cannot be read, by table; one that is met twice counts twice.");

    private static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);

    /// <summary>A damaged row was met for the first time: which, and what is wrong with it.</summary>
    public static event Action<string, string>? Met;

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
        catch (Exception problem) when (problem is ArgumentException or InvalidDataException or InvalidCastException
            or InvalidOperationException or FormatException or OverflowException)
        {
            Count.Add(1, new KeyValuePair<string, object?>("table", table));
            var which = $"{table} {name()}";
            if (Known.Count < MostTold && Known.TryAdd(which, true)) Met?.Invoke(which, problem.Message);
            return null;
        }
    }
}
