using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Provisioning.Core.Authorities;
using Provisioning.Core.Devices.Import;

namespace Provisioning.Tests.Server;

/// <summary>Imports, exports and batches of enrollments over the real server.</summary>
public sealed class BulkTests
{
    [Fact]
    public async Task A_file_is_imported_and_each_bad_row_is_reported_with_its_line()
    {
        await using var server = await TestServer.StartAsync();
        var lines = await ImportAsync(server, "first", "text/csv", """
            deviceId,group,attribute:model
            pump-1,default,"P ""200"", blue"
            pump 2,default,x
            pump-3,nothing,x

            pump-4,default
            pump-5,default,"x
            pump-1,default,other
            pump-1,,"P ""200"", blue"
            pump-6,,
            """);
        Assert.Equal(
            ["3 bad-device-id", "4 unknown-group", "6 malformed", "7 malformed", "8 already-exists"],
            lines.SkipLast(1).Select(line => $"{line.GetProperty("line")} {line.GetProperty("code")}"));
        Assert.Equal((8, 2, 1, 5), Counts(lines[^1]));
        var pump = await ReadAsync(server, "/api/v1/devices/pump-1");
        Assert.Equal(("registered", "P \"200\", blue"), (pump.GetProperty("state").GetString(), pump.GetProperty("attributes").GetProperty("model").GetString()));
    }

    [Fact]
    public async Task An_import_of_json_lines_reports_what_cannot_be_read_and_goes_on()
    {
        await using var server = await TestServer.StartAsync();
        var lines = await ImportAsync(server, "first", "application/x-ndjson", $$$"""
            {"deviceId":"pump-1","attributes":{"model":"x"}}
            {"deviceId":"pump-2","mood":"good"}
            {"deviceId":"pump-3","keyThumbprint":"12"}
            {"deviceId":"{{{new string('x', 20_000)}}}"}
            {"deviceId":"pump-4","keyThumbprint":"{{{new string('a', 64)}}}"}
            """);
        Assert.Equal(["2", "3", "4"], lines.SkipLast(1).Select(line => line.GetProperty("line").ToString()));
        Assert.Equal((5, 2, 0, 3), Counts(lines[^1]));
        Assert.Equal(new string('A', 64), (await ReadAsync(server, "/api/v1/devices/pump-4")).GetProperty("expectedKey").GetString());
    }

    [Fact]
    public async Task An_import_that_was_cut_off_goes_on_where_it_was_and_another_file_under_its_name_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        var rows = Enumerable.Range(0, (3 * DeviceImport.ChunkSize) + 7).Select(i => i % 100 == 50 ? "bad id" : $"pump-{i}").ToList();
        var file = "deviceId\n" + string.Join('\n', rows);

        // The connection breaks in the middle of a line, after more than two chunks.
        using var cut = new CancellationTokenSource();
        var content = new PushContent("text/csv");
        content.Push(file[..(file.Length * 4 / 5)]);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/imports/big") { Content = content };
        var sending = server.Administrator().SendAsync(request, cut.Token);
        while ((await server.Instance.Database.Imports.FindImportAsync("big", default))?.Rows != 2 * DeviceImport.ChunkSize)
            await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken));
        await cut.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);

        using var other = await PutAsync(server, "big", "text/csv", file.Replace("pump-7\n", "pump-x\n", StringComparison.Ordinal));
        await Problem.IsAsync(other, HttpStatusCode.Conflict, "import-mismatch");
        var lines = await ImportAsync(server, "big", "text/csv", file);
        var bad = rows.Select((row, i) => (row, Line: i + 2)).Where(pair => pair.row == "bad id").Select(pair => pair.Line).ToList();
        Assert.Equal(bad, lines.SkipLast(1).Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal((rows.Count, rows.Count - bad.Count, 0, bad.Count), Counts(lines[^1]));

        // Once more changes nothing and says the same.
        Assert.Equal(Counts(lines[^1]), Counts((await ImportAsync(server, "big", "text/csv", file))[^1]));
        using var longer = await PutAsync(server, "big", "text/csv", file + "\npump-more");
        await Problem.IsAsync(longer, HttpStatusCode.Conflict, "import-mismatch");
        using var shorter = await PutAsync(server, "big", "text/csv", file[..file.LastIndexOf('\n')]);
        await Problem.IsAsync(shorter, HttpStatusCode.Conflict, "import-mismatch");
    }

    [Theory]
    [InlineData("deviceId,mood\npump-1,good")]
    [InlineData("group\ndefault")]
    [InlineData("deviceId,deviceId\na,b")]
    [InlineData("\"deviceId\na")]
    public async Task A_file_whose_columns_are_not_known_is_refused_as_a_whole(string file)
    {
        await using var server = await TestServer.StartAsync();
        await Problem.IsAsync(await PutAsync(server, "first", "text/csv", file), HttpStatusCode.BadRequest, "malformed");
    }

    [Fact]
    public async Task An_imported_device_is_enrolled_with_the_expected_key_only()
    {
        await using var server = await TestServer.StartAsync();
        var (device, other) = (server.NewDevice("pump-1"), server.NewDevice("pump-1"));
        var thumbprint = Convert.ToHexString(SHA256.HashData(device.Key.ExportSubjectPublicKeyInfo()));
        await ImportAsync(server, "first", "text/csv", "deviceId,keyThumbprint\npump-1," + thumbprint);
        using var refused = await server.Registrar().PostAsync("/api/v1/enrollments?deviceId=pump-1", Request(other.Request()));
        await Problem.IsAsync(refused, HttpStatusCode.Forbidden, "key-mismatch");
        await device.EnrollAsync(server.Registrar());
    }

    [Fact]
    public async Task An_export_carries_no_formula_into_a_spreadsheet_and_comes_back_unchanged()
    {
        await using var server = await TestServer.StartAsync();
        await ImportAsync(server, "first", "application/x-ndjson", """
            {"deviceId":"pump-1","attributes":{"a":"=cmd|' /C calc'!A0"}}
            {"deviceId":"pump-2","attributes":{"a":"plain, with \"quotes\""}}
            {"deviceId":"valve-1"}
            """);
        var csv = await server.Administrator().GetStringAsync("/api/v1/exports/devices?format=csv&prefix=pump");
        var rows = csv.TrimEnd().Split("\r\n");
        Assert.Equal(3, rows.Length);
        Assert.Contains("\"a=plain, with \"\"quotes\"\"\"", rows[2], StringComparison.Ordinal);
        Assert.All(rows.SelectMany(row => row.Split(',')), cell => Assert.DoesNotMatch("^\"?[=+@-]", cell));

        var json = await server.Administrator().GetStringAsync("/api/v1/exports/devices?after=pump-1");
        Assert.Equal(
            ["pump-2", "valve-1"],
            json.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement.GetProperty("deviceId").GetString()));
    }

    [Fact]
    public async Task A_batch_is_answered_line_by_line_while_it_is_still_being_sent()
    {
        // By hand, because the platform's client reads no answer before it has sent its body.
        await using var server = await TestServer.StartAsync();
        await using var connection = await RawConnection.OpenTlsAsync(server.Https, server.Credential(CredentialFiles.FactoryLine));
        await connection.SendAsync(
            "POST /api/v1/enrollments/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
        using var answers = new StreamReader(connection.Stream);
        foreach (var (line, told) in new[]
        {
            (Line(server.NewDevice("pump-1")), "1 201"), ("{\"deviceId\":", "2 400"), (Line(server.NewDevice("pump-3")), "3 201"),
        })
        {
            await connection.SendAsync($"{line.Length + 1:X}\r\n{line}\n\r\n");
            Assert.Equal(told, Told(await ObjectAsync(answers)));
        }

        await connection.SendAsync("0\r\n\r\n");
        string? last;
        do last = await answers.ReadLineAsync();
        while (last == "");
        Assert.Equal("0", last);
    }

    [Fact]
    public async Task A_batch_that_is_sent_again_gets_the_same_certificates_and_makes_none()
    {
        await using var server = await TestServer.StartAsync();
        var batch = string.Join('\n', Enumerable.Range(0, 200).Select(i => Line(server.NewDevice($"pump-{i}"))));
        var first = await BatchAsync(server, batch);
        var second = await BatchAsync(server, batch);
        Assert.Equal(Enumerable.Range(1, 200), first.Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal(Serials(first), Serials(second));
        Assert.Equal(200, Serials(first).Distinct().Count());

        static IEnumerable<string?> Serials(IEnumerable<JsonElement> lines) => lines.Select(line => line.GetProperty("serialNumber").GetString());
    }

    [Fact]
    public async Task A_bad_line_of_a_batch_stops_none_of_the_others()
    {
        await using var server = await TestServer.StartAsync();
        var lines = await BatchAsync(server, string.Join("\r\n", [
            Line(server.NewDevice("pump-1")), "", "nonsense", "{\"deviceId\":\"pump-2\",\"csr\":\"AAAA\"}", new string('x', 70_000),
            Line(server.NewDevice("pump 3")), Line(server.NewDevice("pump-4"))]));
        Assert.Equal(["1 201", "3 400", "4 400", "5 413", "6 400", "7 201"], lines.Select(Told));
    }

    private static string Line(TestDevice device) =>
        JsonSerializer.Serialize(new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) });

    // The next line of the answer that is an object, and not a part of HTTP.
    private static async Task<string> ObjectAsync(StreamReader answers)
    {
        while (await answers.ReadLineAsync() is { } line)
            if (line.StartsWith('{')) return line;
        throw new EndOfStreamException();
    }

    private static string Told(string? line) => Told(JsonDocument.Parse(line!).RootElement);

    private static string Told(JsonElement line) => $"{line.GetProperty("line")} {line.GetProperty("status")}";

    private static (int Rows, int Registered, int Unchanged, int Bad) Counts(JsonElement end) =>
        (end.GetProperty("rows").GetInt32(), end.GetProperty("registered").GetInt32(), end.GetProperty("unchanged").GetInt32(), end.GetProperty("bad").GetInt32());

    private static ByteArrayContent Request(byte[] der) => new(der) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } };

    private static async Task<List<JsonElement>> BatchAsync(TestServer server, string body)
    {
        using var content = new StringContent(body, null, "application/x-ndjson");
        using var answer = await server.Registrar().PostAsync("/api/v1/enrollments/batch", content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return Lines(await answer.Content.ReadAsStringAsync());
    }

    private static async Task<List<JsonElement>> ImportAsync(TestServer server, string id, string mediaType, string file)
    {
        using var answer = await PutAsync(server, id, mediaType, file);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);

        // Progress in between comes only when it takes longer than a second.
        var lines = Lines(text);
        return [.. lines.SkipLast(1).Where(line => line.TryGetProperty("line", out _)), lines[^1]];
    }

    private static async Task<HttpResponseMessage> PutAsync(TestServer server, string id, string mediaType, string file)
    {
        using var content = new StringContent(file, null, mediaType);
        return await server.Administrator().PutAsync("/api/v1/imports/" + id, content);
    }

    private static List<JsonElement> Lines(string text) =>
        [.. text.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];

    private static async Task<JsonElement> ReadAsync(TestServer server, string path)
    {
        using var answer = await server.Administrator().GetAsync(path);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }
}
