using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Provisioning.Core.Authorities;

namespace Provisioning.Benchmarks;

/// <summary>
/// A million certificates revoked by one job, over REST, by a server that is killed with -9 when half of them are: when every one is revoked to
/// OCSP and to authentication (which read the same row), when the CRL lists all, and how long an enrollment beside it waits.
/// </summary>
internal static class BulkRevokeBenchmark
{
    private const int Default = 1_000_000;
    private const int Sampled = 2_000;
    private const double OcspBudget = 60;
    private const double CrlBudget = 120;
    private const double MegabytesBudget = 512;
    private const string Path = "/api/v1/revocation-jobs";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    internal static async Task RunAsync(int? count)
    {
        var certificates = count ?? Default;
        Report.Title($"bulk-revoke: {certificates} certificates by one job, the server killed at half");
        using var folder = new TemporaryFolder();
        var data = System.IO.Path.Combine(folder.Path, "data");
        var loader = new RegistryLoader(certificates);
        OcspQuestions form;
        await using (var opened = await TemporaryInstance.OpenAsync(data))
        {
            await loader.AddDevicesAsync(opened.Instance.Database, [0x30, 0x00]);
            form = new OcspQuestions(opened.Authorities.Issuing);
        }

        var (server, _) = await MeasuredServer.StartAsync(data);
        await using var running = server;
        var run = new Run(server, certificates);
        var id = await run.ConfirmAsync();
        using var enrolling = new CancellationTokenSource();
        var waits = EnrollAsync(server, enrolling.Token);
        await run.UntilAsync(id, job => job.GetProperty("done").GetInt64() >= certificates / 2);
        await enrolling.CancelAsync();
        var longest = await waits;
        var cpu = server.Process.TotalProcessorTime - run.ProcessorBefore;
        await server.KillAsync();
        var killed = run.Elapsed;
        await server.StartAgainAsync();
        var ready = run.Elapsed;
        var ended = await run.UntilAsync(id, job => job.GetProperty("state").GetString() == "finished");
        var revoked = run.Elapsed;
        cpu += server.Process.TotalProcessorTime;
        await CheckAsync(server, form, loader, certificates, ended);
        var crl = await UntilCrlAsync(run, data, certificates);

        Report.Line("previewed", Report.Text($"{run.Preview.TotalSeconds:F1} s, confirmed in {run.Confirmation.TotalSeconds:F1} s"));
        Report.Line("killed", Report.Text($"after {killed.TotalSeconds:F1} s, ready again after {ready.TotalSeconds:F1} s"));
        Report.Line("the job's own rate", Report.Text($"{ended.GetProperty("perSecond").GetDouble():F0} a second, interruption included"));
        Report.Line("processor time", Report.Text($"{cpu.TotalSeconds:F1} s, with the second start and everything beside it"));
        Report.Line("enrollments beside it", Report.Text($"{longest.Count}, the slowest {longest.Slowest.TotalMilliseconds:F0} ms"));
        Report.Verdict("  all revoked to OCSP after", revoked.TotalSeconds, OcspBudget, "s");
        Report.Verdict("  all in the CRL after", crl.TotalSeconds, CrlBudget, "s");
        Report.Verdict("  peak memory of the server", run.Peak, MegabytesBudget, "MB");
    }

    // A spread of those that were revoked, over HTTP; and the count of the job, which is every one once.
    private static async Task CheckAsync(ServerProcess server, OcspQuestions form, RegistryLoader loader, int certificates, JsonElement ended)
    {
        if (ended.GetProperty("failed").GetInt64() != 0 || ended.GetProperty("done").GetInt64() < certificates)
            throw new InvalidOperationException($"Not all were revoked: {ended}");
        using var http = new HttpClient();
        for (var i = 0; i < Sampled; i++)
        {
            using var body = new ByteArrayContent(form.About(loader.SerialNumber((int)((long)i * certificates / Sampled))));
            body.Headers.ContentType = new("application/ocsp-request");
            using var answer = await http.PostAsync(server.Http + "/ocsp", body);
            var octets = await answer.Content.ReadAsByteArrayAsync();

            // CertStatus revoked: [1] with a GeneralizedTime, and the reason.
            if (octets.AsSpan().IndexOf<byte>([0xA1, 0x16, 0x18, 0x0F]) < 0) throw new InvalidOperationException($"The certificate {i} is not revoked to OCSP.");
        }
    }

    private static async Task<TimeSpan> UntilCrlAsync(Run run, string data, int certificates)
    {
        var file = System.IO.Path.Combine(data, "crl", AuthorityDirectory.IssuingName + ".crl");

        while (run.Elapsed < TimeSpan.FromMinutes(10))
        {
            run.Watch();

            // Each entry has 49 octets: 2 around it, 18 of the serial number, 15 of the time, 14 of the reason.
            if (File.Exists(file) && new FileInfo(file).Length > certificates * 49L)
            {
                var written = File.GetLastWriteTimeUtc(file);
                var text = await Report.ReadAsync("bash", "-c", $"openssl crl -inform DER -in '{file}' -noout -text | grep -c 'Serial Number'");
                if (int.Parse(text.Trim(), CultureInfo.InvariantCulture) >= certificates) return written - run.StartedAt;
            }

            await Task.Delay(Look);
        }

        throw new InvalidOperationException("The CRL does not come.");
    }

    private static async Task<(int Count, TimeSpan Slowest)> EnrollAsync(ServerProcess server, CancellationToken ct)
    {
        using var line = Client.Of(server, CredentialFiles.FactoryLine);
        var (count, slowest) = (0, TimeSpan.Zero);
        for (; !ct.IsCancellationRequested; count++)
        {
            var unit = Unit.Make($"beside-{count}");
            var started = Stopwatch.GetTimestamp();
            await line.EnrollAsync(unit);
            var took = Stopwatch.GetElapsedTime(started);

            // The first one opens the connection.
            if (count > 0 && took > slowest) slowest = took;
            await Task.Delay(Look, CancellationToken.None);
        }

        return (count, slowest);
    }

    private sealed class Run(ServerProcess server, int certificates)
    {
        private long _started;

        internal DateTime StartedAt { get; private set; }

        internal TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

        internal TimeSpan Preview { get; private set; }

        internal TimeSpan Confirmation { get; private set; }

        internal double Peak { get; private set; }

        internal TimeSpan ProcessorBefore { get; private set; }

        internal async Task<string> ConfirmAsync()
        {
            using var administrator = Client.Of(server, CredentialFiles.Administrator);
            var before = Stopwatch.GetTimestamp();
            var preview = await administrator.PostJsonAsync(Path + "/preview", """{"reason":"cessationOfOperation","filter":{"group":"default"}}""");
            Preview = Stopwatch.GetElapsedTime(before);
            if (preview.GetProperty("certificates").GetInt64() != certificates) throw new InvalidOperationException($"The preview counts wrongly: {preview}");
            ProcessorBefore = server.Process.TotalProcessorTime;
            (_started, StartedAt) = (Stopwatch.GetTimestamp(), DateTime.UtcNow);
            var job = await administrator.PostJsonAsync(Path, JsonSerializer.Serialize(new { confirmationToken = preview.GetProperty("confirmationToken").GetString() }));
            Confirmation = Elapsed;
            return job.GetProperty("id").GetString()!;
        }

        internal async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> isSo)
        {
            using var administrator = Client.Of(server, CredentialFiles.Administrator);
            while (true)
            {
                Watch();
                var job = await administrator.GetJsonAsync($"{Path}/{id}");
                if (isSo(job)) return job;
                await Task.Delay(Look);
            }
        }

        internal void Watch() => Peak = Math.Max(Peak, CommandRun.PeakOf(server.Process));
    }
}
