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
    private const double RandomBudget = 1;
    private const double ThroughputBudget = 5;
    private const int Rounds = 9;

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
        var (server, _) = await MeasuredServer.StartAsync(data);
        await using var running = server;
        using var openssl = await OcspRival.StartAsync(rival);
        var (client, other) = (new OcspClient(server.HttpPort), new OcspClient(openssl.Port));
        for (var round = 0; round < 4; round++) await client.AskAsync(Repeat(popular, requests / 2), keepsAlive: true);
        await client.AskAsync(random, keepsAlive: true);
        await other.AskAsync(Repeat(popular, Math.Min(requests, 1000)), keepsAlive: false);

        // By turns, because the machine is a different one from one minute to the next.
        List<Cost> kept = [], unknown = [], once = [], theirs = [];
        for (var round = 0; round < Rounds; round++)
        {
            kept.Add(await Cost.MeasureAsync(server.Process, requests, () => client.AskAsync(Repeat(popular, requests), keepsAlive: true)));
            unknown.Add(await Cost.MeasureAsync(server.Process, requests, () => client.AskAsync(random, keepsAlive: true)));
            once.Add(await Cost.MeasureAsync(server.Process, requests / 2, () => client.AskAsync(Repeat(popular, requests / 2), keepsAlive: false)));
            theirs.Add(await Cost.MeasureAsync(openssl.Process, requests / 4, () => other.AskAsync(Repeat(popular, requests / 4), keepsAlive: false)));
        }

        Report.Line("kept", Text(kept));
        Report.Line("signed (random serial numbers)", Text(unknown));
        Report.Line("kept, a connection each", Text(once));
        Report.Line("openssl ocsp, which closes each", Text(theirs));
        Report.Verdict("  our signed ones to its, in CPU", Middle(unknown.Zip(theirs, (one, to) => one.Microseconds / to.Microseconds)), RandomBudget, "×");
        Report.Line("  ours, a connection each, to it", Report.Text($"{Middle(once.Zip(theirs, (one, to) => one.PerSecond / to.PerSecond)):F1} ×"));
        Report.Verdict("  openssl ocsp to ours", Middle(theirs.Zip(kept, (one, to) => one.PerSecond / to.PerSecond)), 1 / ThroughputBudget, "×");
        Report.Line("  ours to it", Report.Text($"{Middle(kept.Zip(theirs, (one, to) => one.PerSecond / to.PerSecond)):F1} ×"));
    }

    private static double Middle(IEnumerable<double> rounds) => rounds.Order().ElementAt(Rounds / 2);

    private static string Text(List<Cost> rounds) => Report.Text(
        $"{Middle(rounds.Select(round => round.PerSecond)):F0} a second, {Middle(rounds.Select(round => round.Microseconds)):F0} µs of the server's CPU each");

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
