using System.Globalization;

namespace Provisioning.Benchmarks;

/// <summary>
/// What no certificate can cost less than: one P-256 verification (the proof of possession) and one P-256 signature, as
/// OpenSSL's own speed test does them here and now. It counts processor time, as the benchmarks do, and keeps every
/// processor busy, as they do: what a virtual processor gives in a second depends on its neighbors. What one alone gives
/// is printed beside it.
/// </summary>
internal sealed class Floor
{
    private const int Repetitions = 3;
    private readonly List<double> _samples = [];
    private readonly List<double> _alone = [];

    /// <summary>Verification and signature with every processor busy, the median so far.</summary>
    internal double Microseconds => Median(_samples);

    /// <summary>Runs a measurement between two of the floor.</summary>
    internal static async Task<(Floor Floor, T Result)> AroundAsync<T>(Func<Task<T>> measure)
    {
        var floor = new Floor();
        await floor.SampleAsync();
        var result = await measure();
        await floor.SampleAsync();
        Report.Line("floor: P-256 verify + sign", Report.Text($"{floor.Microseconds:F0} µs (median of {Text(floor._samples)})"));
        Report.Line("  on one processor alone", Report.Text($"{Median(floor._alone):F0} µs (median of {Text(floor._alone)})"));
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
            _samples.Add(await SpeedAsync(Environment.ProcessorCount));
            _alone.Add(await SpeedAsync(1));
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
