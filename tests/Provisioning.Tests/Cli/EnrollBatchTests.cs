using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Provisioning.Cli.Bulk;
using Provisioning.Tests.Server;
using static Provisioning.Tests.Cli.ScriptedService;

namespace Provisioning.Tests.Cli;

/// <summary><c>enroll --batch</c>.</summary>
public sealed class EnrollBatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Csr { get; } = NewCsr();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_list_longer_than_a_part_is_enrolled_once_and_a_second_run_does_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var list = Write("list.ndjson", string.Join('\n', Enumerable.Range(0, 600).Select(i => Json(server.NewDevice($"pump-{i}")))));

        var first = await CommandLine.RunAsync(server, "enroll", "--batch", list);
        var results = await ResultsAsync(list);

        Assert.Equal((0, "600 0 0 0 0"), (first.ExitCode, Counts(first)));
        Assert.Equal(Enumerable.Range(1, 600), results.Select(result => (int)result.Line!));
        Assert.Equal(600, results.Select(result => result.SerialNumber).Distinct().Count());
        Assert.All(results, result => Assert.StartsWith("-----BEGIN CERTIFICATE-----", result.Certificate, StringComparison.Ordinal));

        // What a kill leaves: some whole lines, and one that is not.
        var whole = await File.ReadAllTextAsync(list + ".results.ndjson", Ct);
        await File.WriteAllTextAsync(list + ".results.ndjson", whole[..(whole.Length * 2 / 3)], Ct);
        var second = await CommandLine.RunAsync(server, "enroll", "--batch", list);
        Assert.Equal(0, second.ExitCode);
        Assert.Equal(600, second.Json.GetProperty("issued").GetInt32() + second.Json.GetProperty("skipped").GetInt32());
        Assert.Equal(results.Select(result => (result.Line, result.SerialNumber)), (await ResultsAsync(list)).Select(result => (result.Line, result.SerialNumber)));

        var third = await CommandLine.RunAsync(server, "enroll", "--batch", list);
        Assert.Equal((0, "0 0 0 600 0"), (third.ExitCode, Counts(third)));
    }

    [Fact]
    public async Task A_part_is_never_larger_than_what_waits_on_a_connection_whatever_is_large_in_its_lines()
    {
        await using var service = await StartAsync(AnswerAll);
        var attributes = Enumerable.Range(0, 60).ToDictionary(i => $"attribute-{i}", _ => new string('ü', 100));
        var list = Write("list.ndjson", string.Join('\n', Enumerable.Range(0, 300).Select(i =>
            JsonSerializer.Serialize(new { deviceId = $"pump-{i}", csr = Csr, attributes }))));
        Write("root.pem", service.Root.ExportCertificatePem());

        var run = await CommandLine.RunAsync("enroll", "--batch", list, "--json", "--url", service.Url, "--ca", _folder.At("root.pem"));

        Assert.Equal((0, "300 0 0 0 0"), (run.ExitCode, Counts(run)));
        Assert.All(service.Requests, request => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(request), 300_000, 513 * 1024));
    }

    [Fact]
    public async Task Bad_rows_and_refused_units_stop_nothing_and_are_told_apart()
    {
        await using var server = await TestServer.StartAsync();
        var list = Write("list.ndjson", string.Join('\n', [
            Json(server.NewDevice("pump-1")),
            Json(server.NewDevice("pump-1")).Replace("pump-1", "pump-2", StringComparison.Ordinal),
            "{\"deviceId\":",
            "{\"deviceId\":\"pump-4\",\"csrFile\":\"nowhere.csr\"}",
            "{\"deviceId\":\"pump-5\"}",
            Json(server.NewDevice("pump-1")),
            Json(server.NewDevice("pump-7")),
            JsonSerializer.Serialize(new { deviceId = "pump-8", csr = Convert.ToBase64String(server.NewDevice("pump-8").Key.ExportPkcs8PrivateKey()) })]));

        var run = await CommandLine.RunAsync(server, "enroll", "--batch", list, "--problems", _folder.At("bad"));

        Assert.Equal((7, "units-refused"), run.End);
        Assert.Equal("2 1 0 1 4", Counts(run));
        Assert.Equal(1, run.Json.GetProperty("refusals").GetProperty("identity-mismatch").GetInt32());
        Assert.Equal(["1 pump-1 ", "2 pump-2 identity-mismatch", "7 pump-7 "], (await ResultsAsync(list)).Select(one => $"{one.Line} {one.DeviceId} {one.Code}"));
        Assert.Equal([3, 4, 5, 8], (await File.ReadAllLinesAsync(_folder.At("bad"), Ct)).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("line").GetInt32()));

        // Refused units are tried again when that is asked for, and have one line afterwards too.
        await File.WriteAllTextAsync(list, Json(server.NewDevice("pump-2")) + "\n", Ct);
        Assert.Equal("0 0 0 1 0", Counts(await CommandLine.RunAsync(server, "enroll", "--batch", list)));
        Assert.Equal("1 0 0 0 0", Counts(await CommandLine.RunAsync(server, "enroll", "--batch", list, "--retry-refused")));
        Assert.Equal(["pump-1", "pump-7", "pump-2"], (await ResultsAsync(list)).Select(one => one.DeviceId));
    }

    [Fact]
    public async Task Of_a_request_that_stands_beside_its_key_only_the_request_is_sent()
    {
        await using var service = await StartAsync(AnswerAll);
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var beside = "a comment\n" + key.ExportPkcs8PrivateKeyPem() + "\n" + PemEncoding.WriteString("CERTIFICATE REQUEST", Convert.FromBase64String(Csr));
        Write("root.pem", service.Root.ExportCertificatePem());
        var list = Write("list.ndjson", JsonSerializer.Serialize(new { deviceId = "pump-1", csr = beside }) + "\n"
            + JsonSerializer.Serialize(new { deviceId = "pump-2", csrFile = "a\0b" }) + "\n");
        var run = await CommandLine.RunAsync(["enroll", "--batch", list, "--json", "--url", service.Url, "--ca", _folder.At("root.pem")]);
        Assert.Equal("1 0 0 0 1", Counts(run));
        var sent = Assert.Single(service.Requests);
        Assert.Contains("CERTIFICATE REQUEST", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("comment", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_requests_and_a_CSV_with_paths_give_certificates_in_a_folder()
    {
        await using var server = await TestServer.StartAsync();
        var requests = Directory.CreateDirectory(_folder.At("requests")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(requests, "pump-1.csr"), server.NewDevice("pump-1").Request(), Ct);
        await File.WriteAllTextAsync(Path.Combine(requests, "pump-2.csr"), Pem(server.NewDevice("pump-2")), Ct);
        var list = Write("list.csv", "deviceId,csrFile,attribute:model\npump-1,requests/pump-1.csr,\npump-3,requests/pump-3.csr,P\n");
        await File.WriteAllTextAsync(Path.Combine(requests, "pump-3.csr"), Pem(server.NewDevice("pump-3")), Ct);
        File.Move(Path.Combine(requests, "pump-3.csr"), _folder.At("pump-3.csr"));

        var folder = await CommandLine.RunAsync(server, "enroll", "--batch", requests, "--certificates", _folder.At("certificates"));
        Assert.Equal((0, "2 0 0 0 0"), (folder.ExitCode, Counts(folder)));
        File.Move(_folder.At("pump-3.csr"), Path.Combine(requests, "pump-3.csr"));
        var csv = await CommandLine.RunAsync(server, "enroll", "--batch", list, "--results", requests + ".results.ndjson", "--certificates", _folder.At("certificates"));

        Assert.Equal((0, "1 0 0 1 0"), (csv.ExitCode, Counts(csv)));
        foreach (var result in await ResultsAsync(requests))
        {
            Assert.Null(result.Certificate);
            Assert.Equal(_folder.At($"certificates/{result.DeviceId}.pem"), result.CertificateFile);
            Assert.StartsWith("-----BEGIN CERTIFICATE-----", await File.ReadAllTextAsync(result.CertificateFile!, Ct), StringComparison.Ordinal);
        }

        Assert.Equal(["pump-1.pem", "pump-2.pem", "pump-3.pem"], Directory.GetFiles(_folder.At("certificates")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_lot_takes_as_many_units_of_a_list_as_were_ordered()
    {
        await using var server = await TestServer.StartAsync();
        using var opened = await server.Administrator().PostAsJsonAsync("/api/v1/lots", new
        {
            name = "PO-1",
            group = "default",
            quota = 3,
            opensAt = DateTimeOffset.UtcNow.AddMinutes(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            closesAt = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        }, Ct);
        Assert.True(opened.IsSuccessStatusCode, await opened.Content.ReadAsStringAsync(Ct));
        var list = Write("list.ndjson", string.Join('\n', Enumerable.Range(0, 5).Select(i => Json(server.NewDevice($"pump-{i}")))));

        var run = await CommandLine.RunAsync(server, "enroll", "--batch", list, "--lot", "PO-1");

        Assert.Equal((7, "3 2 0 0 0"), (run.ExitCode, Counts(run)));
        Assert.Equal(2, run.Json.GetProperty("refusals").GetProperty("quota-exhausted").GetInt32());
    }

    [Fact]
    public async Task Units_that_wait_for_an_approval_are_asked_for_again_by_the_next_run()
    {
        await using var server = await TestServer.StartAsync();
        using var defined = await server.Administrator().PutAsJsonAsync("/api/v1/groups/careful", new { approval = "manual" }, Ct);
        Assert.True(defined.IsSuccessStatusCode);
        var list = Write("list.ndjson", Json(server.NewDevice("pump-1")));

        var waiting = await CommandLine.RunAsync(server, "enroll", "--batch", list, "--group", "careful");
        Assert.Equal((7, "0 0 1 0 0"), (waiting.ExitCode, Counts(waiting)));
        Assert.Empty(await ResultsAsync(list));
        Assert.Equal("0 0 1 0 0", Counts(await CommandLine.RunAsync(server, "enroll", "--batch", list, "--group", "careful")));

        var one = await CommandLine.RunAsync(server, "enroll", "pump-2", "--group", "careful", "--out", _folder.Path, "--timeout", "1");
        Assert.Equal((5, "approval-pending"), one.End);
    }

    [Fact]
    public async Task Lines_and_parts_that_cannot_be_done_now_are_sent_again_and_only_those()
    {
        await using var service = await StartAsync(
            Problem(503, "storage-unavailable", "0"),
            Answer("{\"line\":1,\"status\":201,\"deviceId\":\"pump-1\",\"serialNumber\":\"01\"}", "{\"line\":2,\"status\":503,\"deviceId\":\"pump-2\",\"code\":\"storage-unavailable\",\"detail\":\"Later.\"}"),
            Answer("{\"line\":1,\"status\":201,\"deviceId\":\"pump-2\",\"serialNumber\":\"02\"}"));

        var run = await BatchAsync(service, "--timeout", "300");

        Assert.Equal((0, "2 0 0 0 0"), (run.ExitCode, Counts(run)));
        Assert.Equal([2, 2, 1], service.Requests.Select(request => request.Count(c => c == '\n')));
        Assert.Equal(["1 01", "2 02"], (await ResultsAsync(_folder.At("list.ndjson"))).Select(one => $"{one.Line} {one.SerialNumber}"));
    }

    [Fact]
    public async Task What_was_answered_is_kept_when_the_rest_cannot_be_done_in_time()
    {
        // Chance may have it that the rest is sent again within the time.
        const string later = "{\"line\":1,\"status\":503,\"deviceId\":\"pump-1\",\"code\":\"storage-unavailable\",\"detail\":\"Later.\"}";
        await using var service = await StartAsync([
            Answer(later, "{\"line\":2,\"status\":201,\"deviceId\":\"pump-2\",\"serialNumber\":\"02\"}"),
            .. Enumerable.Repeat(Answer(later), 50)]);

        var run = await BatchAsync(service, "--timeout", "0.1");

        Assert.Equal((5, "storage-unavailable"), run.End);
        Assert.Equal("1 0 0 0 0", Counts(run));
        Assert.Equal(["2 02"], (await ResultsAsync(_folder.At("list.ndjson"))).Select(one => $"{one.Line} {one.SerialNumber}"));
    }

    [Fact]
    public async Task Units_that_the_service_fails_at_have_no_result_stop_no_others_and_are_asked_for_again()
    {
        await using var service = await StartAsync(
            Answer("{\"line\":1,\"status\":500,\"deviceId\":\"pump-1\",\"code\":\"internal\",\"detail\":\"Its log.\"}", "{\"line\":2,\"status\":201,\"deviceId\":\"pump-2\",\"serialNumber\":\"02\"}"),
            Answer("{\"line\":1,\"status\":201,\"deviceId\":\"pump-1\",\"serialNumber\":\"01\"}"));

        var run = await BatchAsync(service, "--timeout", "0.1");

        Assert.Equal((1, "units-failed"), run.End);
        Assert.Equal(("1 0 0 0 0", 1), (Counts(run), run.Json.GetProperty("failed").GetInt32()));
        Assert.Equal(["2 02"], (await ResultsAsync(_folder.At("list.ndjson"))).Select(one => $"{one.Line} {one.SerialNumber}"));
        Assert.Equal("1 0 0 1 0", Counts(await BatchAsync(service)));
        Assert.Equal(["2 02", "1 01"], (await ResultsAsync(_folder.At("list.ndjson"))).Select(one => $"{one.Line} {one.SerialNumber}"));
    }

    [Fact]
    public async Task A_batch_that_the_service_gives_up_ends_at_once_and_says_so()
    {
        await using var service = await StartAsync(
            Answer("{\"line\":1,\"status\":500,\"deviceId\":\"pump-1\",\"code\":\"internal\",\"detail\":\"Its log.\"}"));

        var run = await BatchAsync(service, "--timeout", "20");

        Assert.Equal((1, "units-failed"), run.End);
        Assert.Contains("gave the batch up", run.Error, StringComparison.Ordinal);
        Assert.Single(service.Requests);
        Assert.Empty(await ResultsAsync(_folder.At("list.ndjson")));
    }

    [Theory]
    [InlineData("{\"line\":1,\"status\":201,\"deviceId\":\"pump-1\",\"serialNumber\":\"01\"}", 5, "unreachable")]
    [InlineData("{\"line\":1,\"status\":201,\"deviceId\":\"pump-9\",\"serialNumber\":\"01\"}", 1, "not-understood")]
    [InlineData("{\"line\":7,\"status\":201,\"deviceId\":\"pump-1\",\"serialNumber\":\"01\"}", 1, "not-understood")]
    [InlineData("<html>", 1, "not-understood")]
    public async Task Answers_that_do_not_belong_to_the_lines_are_not_kept(string answer, int exitCode, string code)
    {
        await using var service = await StartAsync(Answer(answer));

        var run = await BatchAsync(service, "--timeout", "0.1");

        Assert.Equal((exitCode, code), run.End);
        Assert.Empty(await ResultsAsync(_folder.At("list.ndjson")));
    }

    private static Func<HttpContext, string, Task> Answer(params string[] lines) =>
        (context, _) => context.Response.WriteAsync(string.Join('\n', lines) + "\n");

    private static Task AnswerAll(HttpContext context, string body) => Answer(
    [
        .. body.TrimEnd().Split('\n').Select((line, i) => JsonSerializer.Serialize(new
        {
            line = i + 1,
            status = 201,
            deviceId = JsonDocument.Parse(line).RootElement.GetProperty("deviceId").GetString(),
            serialNumber = $"{i}",
        })),
    ])(context, body);

    private static string Json(TestDevice device) =>
        JsonSerializer.Serialize(new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) });

    private static string NewCsr()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Convert.ToBase64String(new CertificateRequest("CN=pump", key, HashAlgorithmName.SHA256).CreateSigningRequest());
    }

    private static string Pem(TestDevice device) =>
        PemEncoding.WriteString("CERTIFICATE REQUEST", device.Request());

    private static string Counts(CommandLine run) => string.Join(
        ' ', ((string[])["issued", "refused", "pending", "skipped", "bad"]).Select(name => run.Json.GetProperty(name).GetInt64()));

    private static async Task<List<BatchResult>> ResultsAsync(string list) =>
        [.. (await File.ReadAllLinesAsync(list + ".results.ndjson", Ct)).Select(line => JsonSerializer.Deserialize<BatchResult>(line, JsonSerializerOptions.Web)!)];

    private Task<CommandLine> BatchAsync(ScriptedService service, params string[] options)
    {
        Write("root.pem", service.Root.ExportCertificatePem());
        var list = Write("list.ndjson", $"{{\"deviceId\":\"pump-1\",\"csr\":\"{Csr}\"}}\n{{\"deviceId\":\"pump-2\",\"csr\":\"{Csr}\"}}\n");
        return CommandLine.RunAsync(["enroll", "--batch", list, "--json", "--url", service.Url, "--ca", _folder.At("root.pem"), .. options]);
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder.At(name), text);
        return _folder.At(name);
    }
}
