using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Provisioning.Core.Authorities;
using Provisioning.Core.Devices.Import;
using static Provisioning.Tests.Server.Bulk.BulkCalls;

namespace Provisioning.Tests.Server.Bulk;

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
    public async Task Public_keys_are_imported_and_each_bad_one_is_told()
    {
        await using var server = await TestServer.StartAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var info = key.ExportSubjectPublicKeyInfo();
        var (base64, thumbprint) = (Convert.ToBase64String(info), Convert.ToHexString(SHA256.HashData(info)));
        var lines = await ImportAsync(server, "first", "text/csv", $"""
            deviceId,keyThumbprint,publicKey
            pump-1,,{base64}
            pump-2,{thumbprint},{base64}
            pump-3,{new string('A', 64)},{base64}
            pump-4,,AAAA
            pump-5,,!
            """);
        Assert.Equal(
            ["4 malformed", "5 bad-key", "6 malformed"],
            lines.SkipLast(1).Select(line => $"{line.GetProperty("line")} {line.GetProperty("code")}"));
        lines = await ImportAsync(server, "second", "application/x-ndjson", $$"""{"deviceId":"pump-6","publicKey":"{{base64}}"}""");
        Assert.Equal((1, 1, 0, 0), Counts(lines[^1]));
        foreach (var device in new[] { "pump-1", "pump-2", "pump-6" })
            Assert.Equal(thumbprint, (await ReadAsync(server, "/api/v1/devices/" + device)).GetProperty("expectedKey").GetString());
    }

    [Theory]
    [InlineData("csv", "text/csv")]
    [InlineData("ndjson", "application/x-ndjson")]
    public async Task An_export_is_imported_again_as_it_is(string format, string mediaType)
    {
        await using var server = await TestServer.StartAsync();
        await ImportAsync(server, "first", "application/x-ndjson", $$$"""
            {"deviceId":"pump-1","attributes":{"-a":"=cmd|' /C calc'!A0","b":"'-1, \"two\""}}
            {"deviceId":"pump-2","keyThumbprint":"{{{new string('A', 64)}}}"}
            {"deviceId":"pump-3"}
            {"deviceId":"valve-1"}
            """);
        await server.NewDevice("pump-4").EnrollAsync(server.Registrar());
        var file = await server.Administrator().GetStringAsync($"/api/v1/exports/devices?format={format}&prefix=pump");
        var before = await ReadAsync(server, "/api/v1/devices/pump-1");

        Assert.Equal((4, 0, 4, 0), Counts((await ImportAsync(server, "again", mediaType, file))[^1]));
        await using var other = await TestServer.StartAsync();
        Assert.Equal((4, 4, 0, 0), Counts((await ImportAsync(other, "moved", mediaType, file))[^1]));
        var after = await ReadAsync(other, "/api/v1/devices/pump-1");
        Assert.Equal(before.GetProperty("attributes").ToString(), after.GetProperty("attributes").ToString());
        Assert.Equal(new string('A', 64), (await ReadAsync(other, "/api/v1/devices/pump-2")).GetProperty("expectedKey").GetString());
        using var valve = await other.Administrator().GetAsync("/api/v1/devices/valve-1");
        Assert.Equal(HttpStatusCode.NotFound, valve.StatusCode);
    }

    [Fact]
    public async Task An_export_goes_on_behind_a_device_and_its_cells_are_no_formulas()
    {
        await using var server = await TestServer.StartAsync();
        await ImportAsync(server, "first", "application/x-ndjson", """
            {"deviceId":"pump-1"}
            {"deviceId":"pump-2","attributes":{"-a":"=1+1"}}
            {"deviceId":"valve-1"}
            """);
        var csv = await server.Administrator().GetStringAsync("/api/v1/exports/devices?format=csv&after=pump-1");
        var rows = csv.TrimEnd().Split("\r\n");
        Assert.Equal(["\"deviceId\"", "\"pump-2\"", "\"valve-1\""], rows.Select(row => row.Split(',')[0]));
        Assert.EndsWith(",\"{\"\"-a\"\":\"\"=1+1\"\"}\"", rows[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_is_answered_line_by_line_while_it_is_still_being_sent()
    {
        await using var server = await TestServer.StartAsync();
        await using var batch = await OpenBatch.BeginAsync(server, server.Credential(CredentialFiles.FactoryLine));
        Assert.Equal("201", await batch.AskAsync(Line(server.NewDevice("pump-1"))));
        Assert.Equal("400 malformed", await batch.AskAsync("{\"deviceId\":"));
        Assert.Equal("201", await batch.AskAsync(Line(server.NewDevice("pump-3"))));
        Assert.Equal("0", await batch.EndAsync());
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
    public async Task A_device_whose_row_is_damaged_fails_alone()
    {
        await using var server = await TestServer.StartAsync();
        var damaged = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await server.Instance.Database.Writer.RunAsync(
            transaction => transaction.Sql("DELETE FROM certificate_der WHERE serial IN (SELECT serial FROM certificates WHERE holder = 'pump-1')").Execute(), default);

        var answers = await BatchAsync(server, $"{Line(damaged)}\n{Line(server.NewDevice("pump-2"))}\n");

        Assert.Equal(["1 500", "2 201"], answers.Select(Told));
        Assert.Contains(server.Log.All, line => line.Contains("The enrollment of pump-1 in a batch failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_batch_in_which_the_service_fails_at_ten_lines_in_a_row_is_given_up_and_the_log_stays_small()
    {
        await using var server = await TestServer.StartAsync();
        var devices = Enumerable.Range(0, 60).Select(i => server.NewDevice($"pump-{i}")).ToList();
        Assert.Equal(60, (await BatchAsync(server, string.Join('\n', devices.Select(Line)))).Count);
        await server.Instance.Database.Writer.RunAsync(
            transaction => transaction.Sql("DELETE FROM certificate_der WHERE serial IN (SELECT serial FROM certificates WHERE holder LIKE 'pump-%')").Execute(), default);

        // As long as others succeed between them, all are answered.
        var mixed = devices.Take(30).SelectMany((device, i) => i % 9 == 8 ? [Line(device), Line(server.NewDevice($"new-{i}"))] : new[] { Line(device) });
        Assert.Equal((30, 3), Split(await BatchAsync(server, string.Join('\n', mixed))));
        Assert.Equal(10, Explained());
        Assert.Contains(server.Log.All, line => line.Contains("30 lines of a batch failed", StringComparison.Ordinal));

        var all = await BatchAsync(server, string.Join('\n', devices.Prepend(server.NewDevice("new")).Select(Line)));

        Assert.Equal(Enumerable.Range(1, 11), all.Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal((10, 1), Split(all));
        Assert.Equal(20, Explained());

        int Explained() => server.Log.All.Count(line => line.Contains("in a batch failed", StringComparison.Ordinal));

        static (int Failed, int Issued) Split(List<JsonElement> lines) =>
            (lines.Count(line => line.GetProperty("status").GetInt32() == 500), lines.Count(line => line.GetProperty("status").GetInt32() == 201));
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
}
