using System.Globalization;

namespace Provisioning.Benchmarks;

/// <summary>
/// What no certificate can cost less than: one P-256 verification (the proof of possession) and one P-256 signature, as
/// OpenSSL's own speed test does them here and now. It counts processor time, as the benchmarks do, so a busy machine
/// slows both sides of a ratio.
/// </summary>
internal sealed class Floor
{
    private const int Repetitions = 2;
    private readonly List<double> _samples = [];

    /// <summary>Verification and signature, the median so far.</summary>
    internal double Microseconds => _samples.Order().ElementAt(_samples.Count / 2) is var upper && _samples.Count % 2 == 1
        ? upper
        : (upper + _samples.Order().ElementAt((_samples.Count / 2) - 1)) / 2;

    /// <summary>Runs a measurement between two of the floor.</summary>
    internal static async Task<(Floor Floor, T Result)> AroundAsync<T>(Func<Task<T>> measure)
    {
        var floor = new Floor();
        await floor.SampleAsync();
        var result = await measure();
        await floor.SampleAsync();
        var samples = string.Join(", ", floor._samples.Select(sample => sample.ToString("F0", CultureInfo.InvariantCulture)));
        Report.Line("floor: P-256 verify + sign", Report.Text($"{floor.Microseconds:F0} µs (median of {samples})"));
        return (floor, result);
    }

    private async Task SampleAsync()
    {
        for (var i = 0; i < Repetitions; i++)
        {
            // The last line ends with signatures and verifications a second.
            var output = await Report.ReadAsync("openssl", "speed", "-seconds", "2", "ecdsap256");
            var words = output.TrimEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            var rates = words[^2..].Select(word => double.Parse(word, CultureInfo.InvariantCulture));
            _samples.Add(rates.Sum(rate => 1e6 / rate));
        }
    }
}
