using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Provisioning.Core.Audit;
using Provisioning.Server;
using Provisioning.Server.Configuration;
using Provisioning.Server.Verbs;
using Provisioning.Tests.Server.Swagger;

namespace Provisioning.Tests.Server;

/// <summary>Whoever can write to the database, and to every hash in it, cannot deny what an anchor elsewhere vouches for.</summary>
public sealed class AuditAnchorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-anchor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task TM_20_Entries_that_were_cut_off_are_missed(int entries)
    {
        var (anchor, _) = await LiveAsync();
        Assert.Equal((0, "clean"), await AuditAsync(anchor));

        await ChangeAsync($"DELETE FROM audit WHERE sequence > {anchor.Sequence - entries}");

        var (code, told) = await AuditAsync(anchor);
        Assert.Equal(2, code);
        Assert.Contains($"it ends with entry {anchor.Sequence - entries}, and an anchor was noted of entry {anchor.Sequence}", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TM_20_An_entry_that_was_changed_is_found_without_an_anchor()
    {
        var (_, revocation) = await LiveAsync();

        await ChangeAsync($"UPDATE audit SET actor = 'administrator:somebody-else' WHERE sequence = {revocation}");

        var (code, told) = await AuditAsync();
        Assert.Equal(2, code);
        Assert.Contains($"Audit entry {revocation} (certificate-revoked) or the one before it was changed", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TM_20_A_chain_that_was_written_anew_agrees_with_itself_and_not_with_the_anchor()
    {
        var (anchor, revocation) = await LiveAsync();

        await RewriteAsync(revocation, "administrator:somebody-else");

        Assert.Equal((0, "clean"), await AuditAsync());
        var (code, told) = await AuditAsync(anchor);
        Assert.Equal(2, code);
        Assert.Contains($"Audit entry {anchor.Sequence} or one before it was changed since its anchor was noted", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TM_20_While_the_clock_goes_back_the_numbers_go_on()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await TestServer.StartAsync(time: time, directory: _folder);
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        var before = await HeadAsync(server);

        time.StepClock(TimeSpan.FromHours(-1));
        await RevokeAsync(server, device.SerialNumber);

        Assert.True((await HeadAsync(server)).Sequence > before.Sequence);
        var report = await new Auditor(server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl)
            .RunAsync([before], default);
        Assert.DoesNotContain(report.Findings, finding => finding.Contains("udit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_log_says_at_the_end_where_the_audit_ends_and_its_lines_are_anchors()
    {
        LogLines log;
        await using (var server = await TestServer.StartAsync(directory: _folder))
        {
            log = server.Log;
            await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        }

        var lines = log.All.Where(line => line.Contains("The audit ends with ", StringComparison.Ordinal)).Select(line => line.TrimEnd()).ToList();
        Assert.True(lines.Count >= 2);
        await File.WriteAllLinesAsync(AnchorFile, lines);
        Assert.Equal((0, "clean"), await RunAsync(new() { ["--anchors"] = AnchorFile }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("4711")]
    [InlineData("-1:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08")]
    [InlineData("1:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A")]
    [InlineData("0:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08")]
    [InlineData("0:0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task What_is_no_anchor_is_told_and_nothing_is_audited(string line)
    {
        await (await TestServer.StartAsync(directory: _folder)).DisposeAsync();
        await File.WriteAllTextAsync(AnchorFile, line);

        var told = await Assert.ThrowsAsync<StartupException>(() => RunAsync(new() { ["--anchors"] = AnchorFile }));

        Assert.Contains("anchor", told.Message, StringComparison.Ordinal);
    }

    private string AnchorFile => Path.Combine(_folder, "anchors.txt");

    // An anchor after an enrollment and a revocation, and the number of the entry that tells of the revocation.
    private async Task<(AuditAnchor Anchor, long Revocation)> LiveAsync()
    {
        await using var server = await TestServer.StartAsync(directory: _folder);
        var device = await server.NewDevice("pump-1").EnrollAsync(server.Registrar());
        await RevokeAsync(server, device.SerialNumber);
        await TestServer.UntilAsync(() => server.Crl()?.Entries == 1, TimeSpan.FromMinutes(1));
        var entries = await server.Instance.Database.Audit.ReadAuditAsync(1, default).ToListAsync();
        return (await HeadAsync(server), entries.Single(entry => entry.Action == AuditActions.CertificateRevoked).Sequence);
    }

    private static async Task RevokeAsync(TestServer server, string serialNumber)
    {
        using var revoked = await server.Administrator().PostAsJsonAsync(
            $"/api/v1/certificates/{serialNumber}/revocation", new { reason = "superseded" });
        Assert.True(revoked.IsSuccessStatusCode);
    }

    private static async Task<AuditAnchor> HeadAsync(TestServer server)
    {
        var head = await server.Administrator().GetFromJsonAsync<JsonElement>("/api/v1/audit/head");
        SwaggerExample.IsLike("AuditHead", head);
        Assert.True(AuditAnchor.TryParse(head.GetProperty("anchor").GetString()!, out var anchor));
        Assert.Equal(anchor.Sequence, head.GetProperty("sequence").GetInt64());
        Assert.Equal(anchor.Hash.ToString(), head.GetProperty("hash").GetString());
        return anchor;
    }

    private async Task<(int Code, string LastLines)> AuditAsync(params AuditAnchor[] anchors)
    {
        if (anchors.Length == 0) return await RunAsync([]);
        await File.WriteAllLinesAsync(AnchorFile, anchors.Select(anchor => anchor.ToString()));
        return await RunAsync(new() { ["--anchors"] = AnchorFile });
    }

    private async Task<(int Code, string LastLines)> RunAsync(Dictionary<string, string> arguments)
    {
        var output = new StringWriter();
        var code = await AuditVerb.RunAsync(new ServerOptions { DataDirectory = _folder }, arguments, output);
        return (code, string.Join('\n', output.ToString().TrimEnd().Split('\n').Skip(2)));
    }

    private async Task ChangeAsync(string sql)
    {
        await using var database = await OpenAsync();
        await ExecuteAsync(database, sql);
    }

    // As somebody would who knows how entries are chained.
    private async Task RewriteAsync(long from, string actor)
    {
        var entries = new List<AuditEntry>();
        await using (var stopped = await Instance.OpenAsync(new ServerOptions { DataDirectory = _folder }, false, TimeProvider.System, default))
            await foreach (var entry in stopped.Database.Audit.ReadAuditAsync(1, default)) entries.Add(entry);
        var previous = from == 1 ? AuditChain.Genesis : entries[(int)from - 2].Hash;
        await using var database = await OpenAsync();
        foreach (var entry in entries.Skip((int)from - 1).Select(entry => entry.Sequence == from ? entry with { Actor = actor } : entry))
        {
            previous = AuditChain.Hash(previous, entry);
            await ExecuteAsync(
                database, $"UPDATE audit SET actor = '{entry.Actor}', hash = x'{previous}' WHERE sequence = {entry.Sequence}");
        }
    }

    private async Task<SqliteConnection> OpenAsync()
    {
        var database = new SqliteConnection($"Data Source={Assert.Single(Directory.GetFiles(_folder, "*.db"))};Pooling=False");
        await database.OpenAsync();
        await ExecuteAsync(database, "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_kept;");
        return database;
    }

    private static async Task ExecuteAsync(SqliteConnection database, string sql)
    {
        await using var command = database.CreateCommand();
#pragma warning disable CA2100 // What a test makes of its own entries.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
