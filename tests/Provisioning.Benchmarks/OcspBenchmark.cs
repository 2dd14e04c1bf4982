using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Benchmarks;

/// <summary>
/// OCSP: what a signed answer costs in this process beside the signature alone, what random serial numbers cost, and how many answers a
/// second come over HTTP, from this service and from <c>openssl ocsp</c>, to the same client.
/// </summary>
internal static class OcspBenchmark
{
    private const int Default = 20_000;
    private const int Devices = 20_000;
    private const int Popular = 500;
    private const double SignedBudget = 2.5;
    private const double RandomBudget = 2;
    private const double ThroughputBudget = 5;

    internal static async Task RunAsync(int? count)
    {
        var requests = count ?? Default;
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var loader = new RegistryLoader(Devices);
        await using (var opened = await TemporaryInstance.OpenAsync(data))
        {
            await loader.AddDevicesAsync(opened.Instance.Database, [0x30, 0x00]);
            await InProcessAsync(opened, loader, requests);
        }

        await OverHttpAsync(folder.Path, data, loader, requests);
    }

    private static async Task InProcessAsync(TemporaryInstance opened, RegistryLoader loader, int requests)
    {
        Report.Title($"ocsp: {requests} requests in this process, one after another, {Devices} certificates in SQLite");
        var instance = opened.Instance;
        var options = new OcspOptions { CacheEntries = 2 * Devices };
        using var signers = new OcspSigners(
            instance.Data, instance.Keys, instance.Database.Certificates, instance.Ca, opened.Authorities, instance.Clock, instance.Time,
            NullLogger<OcspSigners>.Instance);
        if (!await signers.EnsureAllAsync()) throw new InvalidOperationException("No certificate to sign with.");
        var responder = new OcspResponder(
            instance.Database.CertificateStatuses, signers, opened.Authorities, options, instance.Clock, instance.Time, NullLogger<OcspResponder>.Instance);
        var form = new OcspQuestions(opened.Authorities.Issuing);
        var popular = Enumerable.Range(0, Popular).Select(i => form.About(loader.SerialNumber(i))).ToArray();
        var unknown = Enumerable.Range(0, requests).Select(_ => form.About(SerialNumber.NewRandom().ToOctets())).ToArray();

        await AskAsync(responder, unknown);
        await AskAsync(responder, Repeat(popular, requests));
        using var process = Process.GetCurrentProcess();
        var before = await SignatureAsync();
        var signed = await Cost.MeasureAsync(process, requests, () => AskAsync(responder, unknown));
        var cached = await Cost.MeasureAsync(process, requests, () => AskAsync(responder, Repeat(popular, requests)));
        var floor = (before + await SignatureAsync()) / 2;

        Report.Line("floor: P-256 signature", Report.Text($"{floor:F0} µs"));
        Report.Line("signed for the request", Report.Text($"{signed.Microseconds:F0} µs of CPU each, {signed.PerSecond:F0} a second"));
        Report.Verdict("  to the signature", signed.Microseconds / floor, SignedBudget, "×");
        Report.Line("kept", Report.Text($"{cached.Microseconds:F0} µs of CPU each, {cached.PerSecond:F0} a second"));
    }

    private static async Task OverHttpAsync(string folder, string data, RegistryLoader loader, int requests)
    {
        Report.Title($"ocsp over HTTP: {requests} requests from {OcspClient.Connections} connections at once");
        OcspQuestions form;
        var rival = Path.Combine(folder, "rival");
        await using (var opened = await TemporaryInstance.OpenAsync(data))
        {
            form = new OcspQuestions(opened.Authorities.Issuing);
            OcspRival.Prepare(rival, opened, Enumerable.Range(0, Devices).Select(loader.SerialNumber));
        }

        var popular = Enumerable.Range(0, Popular).Select(i => form.About(loader.SerialNumber(i))).ToArray();
        var random = Enumerable.Range(0, requests).Select(_ => form.About(SerialNumber.NewRandom().ToOctets())).ToArray();
        double ours, oursOnce;
        var (server, _) = await MeasuredServer.StartAsync(data);
        await using (server)
        {
            var client = new OcspClient(server.HttpPort);
            for (var round = 0; round < 4; round++) await client.AskAsync(Repeat(popular, requests / 2), keepsAlive: true);
            var kept = await Cost.MeasureAsync(server.Process, requests, () => client.AskAsync(Repeat(popular, requests), keepsAlive: true));
            await client.AskAsync(random, keepsAlive: true);
            var unknown = await Cost.MeasureAsync(server.Process, requests, () => client.AskAsync(random, keepsAlive: true));
            var once = await Cost.MeasureAsync(server.Process, requests, () => client.AskAsync(Repeat(popular, requests), keepsAlive: false));
            (ours, oursOnce) = (kept.PerSecond, once.PerSecond);
            Report.Line("kept", Text(kept));
            Report.Line("random serial numbers", Text(unknown));
            Report.Verdict("  to kept", unknown.Microseconds / kept.Microseconds, RandomBudget, "×");
            Report.Line("kept, a connection each", Text(once));
        }

        using var openssl = await OcspRival.StartAsync(rival);
        var other = new OcspClient(openssl.Port);
        await other.AskAsync(Repeat(popular, Math.Min(requests, 1000)), keepsAlive: false);
        var theirs = await Cost.MeasureAsync(openssl.Process, requests / 4, () => other.AskAsync(Repeat(popular, requests / 4), keepsAlive: false));
        Report.Line("openssl ocsp, which closes each", Text(theirs));
        Report.Line("  ours, a connection each, to it", Report.Text($"{oursOnce / theirs.PerSecond:F1} ×"));
        Report.Verdict("  openssl ocsp to ours", 1 / (ours / theirs.PerSecond), 1 / ThroughputBudget, "×");
        Report.Line("  ours to it", Report.Text($"{ours / theirs.PerSecond:F1} ×"));
    }

    private static string Text(Cost cost) => Report.Text($"{cost.PerSecond:F0} a second, {cost.Microseconds:F0} µs of the server's CPU each");

    private static byte[][] Repeat(byte[][] some, int count) => [.. Enumerable.Range(0, count).Select(i => some[i % some.Length])];

    private static async Task AskAsync(OcspResponder responder, byte[][] requests)
    {
        foreach (var request in requests)
        {
            var answer = await responder.AnswerAsync(request, default);
            if (answer.Status != OcspResponseStatus.Successful) throw new InvalidOperationException(answer.Status.ToString());
        }
    }

    private static async Task<double> SignatureAsync()
    {
        var samples = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            var output = await Report.ReadAsync("openssl", "speed", "-seconds", "1", "ecdsap256");
            var words = output.TrimEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            samples.Add(1e6 / double.Parse(words[^2], CultureInfo.InvariantCulture));
        }

        return samples.Order().ElementAt(1);
    }
}
