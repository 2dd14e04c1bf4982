using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Provisioning.Interop.Renewals;

/// <summary>A fleet that was made at once does not come back at once.</summary>
public sealed class SpreadTests
{
    private const int Devices = 10_000;
    private const int Bins = 50;

    [Fact]
    public async Task Ten_thousand_devices_enrolled_within_a_minute_renew_all_over_their_window()
    {
        await using var server = await ServerProcess.StartAsync();
        var list = new StringBuilder();
        foreach (var line in Enumerable.Range(0, Devices).AsParallel().Select(Line)) list.Append(line).Append('\n');
        using var registrar = Api.Client(server, "factory-line");
        registrar.Timeout = TimeSpan.FromMinutes(5);
        using var body = new StringContent(list.ToString());
        body.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var answer = await registrar.PostAsync("/api/v1/enrollments/batch", body, Ct);
        var windows = (await answer.Content.ReadAsStringAsync(Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Window.Of).ToList();
        Assert.Equal(Devices, windows.Count);

        // They were made within a minute, where it matters: their certificates end within one.
        Assert.True(windows.Max(one => one.Before) - windows.Min(one => one.Before) < TimeSpan.FromMinutes(1));

        // Of those that come in one part of the window there are never twice as many as on the average of all parts.
        var (from, to) = (windows.Min(one => one.After), windows.Max(one => one.Before));
        var bins = new int[Bins];
        foreach (var window in windows) bins[(int)((window.After - from) / (to - from) * Bins)]++;
        Assert.InRange(bins.Max(), Devices / Bins, (2 * Devices / Bins) - 1);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static string Line(int number)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var deviceId = $"shift-{number:D5}";
        return JsonSerializer.Serialize(new { deviceId, csr = Convert.ToBase64String(Api.Request(key, deviceId)) });
    }

    private sealed record Window(DateTimeOffset After, DateTimeOffset Before)
    {
        internal static Window Of(string line)
        {
            using var result = JsonDocument.Parse(line);
            Assert.Equal(201, result.RootElement.GetProperty("status").GetInt32());
            return new Window(
                result.RootElement.GetProperty("renewAfter").GetDateTimeOffset(), result.RootElement.GetProperty("renewBefore").GetDateTimeOffset());
        }
    }
}
