using System.Globalization;

namespace Provisioning.Benchmarks;

/// <summary>
/// What no certificate can cost less than: one P-256 verification (the proof of possession) and one P-256 signature, as
/// OpenSSL's own speed test does them here and now, in processor time, as the benchmarks count. What a virtual processor gives
/// in a second depends on its neighbors: what it gives when every processor is busy, as it is while the measured work goes
/// on, is printed beside it.
/// </summary>
internal sealed class Floor
{
    private const int Repetitions = 3;
    private readonly List<double> _samples = [];
    private readonly List<double> _busy = [];

    /// <summary>Verification and signature on one processor, the median so far.</summary>
    internal double Microseconds => Median(_samples);

    /// <summary>The same, while all the others do it too.</summary>
    internal double BusyMicroseconds => Median(_busy);

    /// <summary>Runs a measurement between two of the floor.</summary>
    internal static async Task<(Floor Floor, T Result)> AroundAsync<T>(Func<Task<T>> measure)
    {
        var floor = new Floor();
        await floor.SampleAsync();
        var result = await measure();
        await floor.SampleAsync();
        Report.Line("floor: P-256 verify + sign", Report.Text($"{floor.Microseconds:F0} µs (median of {Text(floor._samples)})"));
        Report.Line("  with every processor busy", Report.Text($"{floor.BusyMicroseconds:F0} µs (median of {Text(floor._busy)})"));
        return (floor, result);
    }

    private static string Text(IEnumerable<double> samples) =>
        string.Join(", ", samples.Select(sample => sample.ToString("F0", CultureInfo.InvariantCulture)));

    private static double Median(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToArray();
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }

    private async Task SampleAsync()
    {
        for (var i = 0; i < Repetitions; i++)
        {
            _samples.Add(await SpeedAsync(1));
            _busy.Add(await SpeedAsync(Environment.ProcessorCount));
        }
    }

    private static async Task<double> SpeedAsync(int processes)
    {
        // The last line ends with signatures and verifications a second, of all processes together.
        string[] together = processes > 1 ? ["-multi", processes.ToString(CultureInfo.InvariantCulture)] : [];
        var output = await Report.ReadAsync("openssl", ["speed", .. together, "-seconds", "1", "ecdsap256"]);
        var words = output.TrimEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var rates = words[^2..].Select(word => double.Parse(word, CultureInfo.InvariantCulture));
        return rates.Sum(rate => 1e6 * processes / rate);
    }
}
