using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Provisioning.Cli.Api;
using Provisioning.Core.Authorities;
using Provisioning.Tests.Server;
using Provisioning.Tests.Server.Credentials;
using static Provisioning.Tests.Cli.ScriptedService;

namespace Provisioning.Tests.Cli;

/// <summary>Answers that are lost after the service has done what it was asked to: what is repeated, and what is told.</summary>
public sealed class LostAnswerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, "")]
    [InlineData(503, "")]
    [InlineData(504, "")]
    [InlineData(200, "<html>")]
    [InlineData(200, "null")]
    [InlineData(200, "{}")]
    [InlineData(200, "{\"items\":null}")]
    [InlineData(200, "{\"items\":[{\"id\":")]
    [InlineData(201, "{\"items\":[{\"id\":")]
    public async Task Tokens_whose_answer_is_lost_are_not_made_again(int status, string body)
    {
        await using var service = await StartAsync(status switch
        {
            0 => Lost,
            200 => (context, _) => context.Response.WriteAsync(body),
            201 => CutAsync,
            _ => Problem(status, "storage-unavailable", "0"),
        });

        async Task CutAsync(HttpContext context, string _)
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync(body);
            await context.Response.Body.FlushAsync();
            context.Abort();
        }

        var run = await RunAsync(service, "tokens create --group pumps --timeout 20");

        Assert.Equal((1, "outcome-unknown"), run.End);
        Assert.Contains("provisioning tokens --group pumps", run.Error, StringComparison.Ordinal);
        Assert.Contains("provisioning tokens revoke ID", run.Error, StringComparison.Ordinal);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task An_answer_with_tokens_is_waited_for_as_long_as_any_of_it_comes()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var silence = TimeSpan.FromSeconds(20);
        var patience = new Patience(silence, BackOff.Attended, _ => { }, time);
        using var pulse = new Pulse(patience.ForOneAttempt, patience, time);
        time.Advance(TimeSpan.FromSeconds(14));
        pulse.SentForGood();
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(19));
            Assert.False(pulse.Stopped.IsCancellationRequested);
            pulse.Heard();
        }

        time.Advance(silence);
        Assert.True(pulse.Stopped.IsCancellationRequested);
        await using var service = await StartAsync(DripAsync);
        Assert.Equal(0, (await RunAsync(service, "tokens create --group pumps --timeout 4")).ExitCode);

        // Longer in all than may be silent: by the real clock, because the connection is real.
        static async Task DripAsync(HttpContext context, string body)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(400));
            foreach (var octet in """{"items":[]}""")
            {
                await context.Response.WriteAsync(octet.ToString());
                await context.Response.Body.FlushAsync();
                await timer.WaitForNextTickAsync();
            }
        }
    }

    [Fact]
    public async Task Tokens_that_were_certainly_not_made_are_asked_for_again()
    {
        await using var service = await StartAsync(
            Problem(429, "too-many-requests", "0"),
            Problem(503, "clock-suspect", "0"),
            (context, _) => context.Response.WriteAsync("""{"items":[]}"""));

        var run = await RunAsync(service, "tokens create --group pumps --timeout 20");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(3, service.Requests.Count);
        Assert.Single(service.Requests.Distinct());
    }

    [Fact]
    public async Task Tokens_are_not_in_doubt_when_nothing_was_sent_or_the_service_refused()
    {
        await using var service = await StartAsync(Problem(422, "bad-credential"));
        Assert.Equal((3, "bad-credential"), (await RunAsync(service, "tokens create --group pumps")).End);
        var gone = service.Url;
        await service.DisposeAsync();
        Assert.Equal((5, "unreachable"), (await RunAsync(gone, "tokens create --group pumps --timeout 0.1")).End);
    }

    [Theory]
    [InlineData("lots create PO-2 --group default --quota 2 --range VALVE-08..VALVE-11 --station factory-line --description pumps --not-after 5d", 1)]
    [InlineData("lots create PO-2 --group default --quota 2 --list {units} --not-after 5d", 1)]
    [InlineData("lots change PO-1 --quota 7 --not-after 9d --station factory-line", 2)]
    [InlineData("groups save pumps --pattern PUMP-[0-9]+ --credential registrar --credential token --require model", 1)]
    [InlineData("groups save default --description ours", 2)]
    [InlineData("profiles save mqtt-client {profile}", 2)]
    [InlineData("profiles save ours {another} --if-version 0", 1)]
    public async Task A_change_of_ones_own_whose_answer_was_lost_has_succeeded(string line, int version)
    {
        await using var server = await TestServer.StartAsync();
        await using var service = await StartAsync((context, body) => PassOnAsync(server, context, body));
        await PrepareAsync(server);

        var run = await RunAsync(service, line);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(2, service.Requests.Count(request => request.StartsWith('P') && !request.Contains("/units", StringComparison.Ordinal)));
        Assert.Equal(version, run.Json.GetProperty(line.StartsWith("lots", StringComparison.Ordinal) ? "revision" : "version").GetInt32());
    }

    [Theory]
    [InlineData("lots create PO-1 --group default --quota 3 --not-after 5d", "already-exists", "There is a lot of that name")]
    [InlineData("lots change PO-1 --quota 7", "precondition-failed", "An answer was lost")]
    [InlineData("profiles save mqtt-client {profile} --if-version 7", "precondition-failed", "An answer was lost")]
    public async Task Somebody_elses_change_is_not_taken_for_ones_own(string line, string code, string reason)
    {
        await using var server = await TestServer.StartAsync();
        await PrepareAsync(server);
        await using var service = await StartAsync((context, body) => PassOnAsync(server, context, body, PassOnOthersAsync));

        var run = await RunAsync(service, line);

        Assert.Equal((3, code), run.End);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);

        // The first attempt is lost before it arrives, and somebody else changes the lot before the second one.
        async Task PassOnOthersAsync() => await DoAsync(server, "lots change PO-1 --quota 5");
    }

    [Theory]
    [InlineData("groups save pumps --description same", 1, true)]
    [InlineData("groups save default --description same", 1, true)]
    [InlineData("profiles save mqtt-client {profile}", 1, true)]
    [InlineData("groups save default --description same", 2, false)]
    [InlineData("lots change PO-1 --quota 7", 2, false)]
    public async Task The_same_change_by_another_administrator_or_in_another_version_is_not_ones_own(string line, int times, bool byAnother)
    {
        await using var server = await TestServer.StartAsync();
        await PrepareAsync(server);
        using var other = byAnother ? await server.AddPrincipalAsync("other", "administrator") : null;
        await using var service = await StartAsync((context, body) => PassOnAsync(server, context, body, () => SaveAsync(context, body)));

        var run = await RunAsync(service, line);

        Assert.Equal((3, "precondition-failed"), run.End);
        Assert.Contains("An answer was lost", run.Error, StringComparison.Ordinal);

        async Task SaveAsync(HttpContext context, string body)
        {
            using var client = server.Client(other ?? server.Credential(CredentialFiles.Administrator));
            for (var i = 0; i < times; i++)
            {
                using var message = new HttpRequestMessage(HttpMethod.Put, context.Request.Path) { Content = Json(body) };
                message.Headers.Add("If-Match", "*");
                using var saved = await client.SendAsync(message, Ct);
                Assert.True(saved.IsSuccessStatusCode, await saved.Content.ReadAsStringAsync(Ct));
            }
        }
    }

    [Fact]
    public async Task An_attempt_that_was_turned_away_cannot_have_made_what_is_there()
    {
        await using var service = await StartAsync(
            (context, _) => context.Response.WriteAsync("""{"name":"PO-1","quota":1,"revision":1}"""),
            Problem(429, "too-many-requests", "0"),
            Problem(412, "precondition-failed"));

        var run = await RunAsync(service, "lots change PO-1 --quota 4");

        Assert.Equal((3, "precondition-failed"), run.End);
        Assert.Contains("Nothing was written", run.Error, StringComparison.Ordinal);
        Assert.Equal(3, service.Requests.Count);
    }

    private static StringContent Json(string body) => new(body, System.Text.Encoding.UTF8, "application/json");

    // As a proxy that loses the first answer to every change; or loses the first change itself, while something else happens.
    private async Task PassOnAsync(TestServer server, HttpContext context, string body, Func<Task>? instead = null)
    {
        var (request, isFirst) = (context.Request, context.Request.Method is "PUT" or "POST" && _changed.Add(context.Request.Path));
        if (isFirst && instead is not null)
        {
            await instead();
            context.Abort();
            return;
        }

        using var message = new HttpRequestMessage(HttpMethod.Parse(request.Method), request.Path + request.QueryString);
        foreach (var name in (string[])["If-Match", "If-None-Match"])
            if (request.Headers.TryGetValue(name, out var value)) message.Headers.Add(name, (string?)value);
        if (body.Length > 0) message.Content = new StringContent(body, System.Text.Encoding.UTF8, MediaTypeHeaderValue.Parse(request.ContentType!));
        using var answer = await server.Administrator().SendAsync(message, Ct);
        if (isFirst && answer.IsSuccessStatusCode)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        if (answer.Headers.ETag is { } tag) context.Response.Headers.ETag = tag.ToString();
        await context.Response.WriteAsync(await answer.Content.ReadAsStringAsync(Ct), Ct);
    }

    private readonly HashSet<string> _changed = [];

    private async Task PrepareAsync(TestServer server)
    {
        await DoAsync(server, "lots create PO-1 --group default --quota 2 --range PUMP-01..PUMP-20 --not-after 5d");
        await File.WriteAllTextAsync(_folder.At("units"), "{\"deviceId\":\"pump-1\"}\n", Ct);
        var profile = (await DoAsync(server, "profiles show mqtt-client")).GetProperty("definition").GetRawText();
        await File.WriteAllTextAsync(_folder.At("profile"), profile.Replace("P365D", "P90D", StringComparison.Ordinal), Ct);
        await File.WriteAllTextAsync(_folder.At("another"), profile.Replace("\"mqtt-client\"", "\"ours\"", StringComparison.Ordinal), Ct);
    }

    private static async Task<JsonElement> DoAsync(TestServer server, string line)
    {
        var run = await CommandLine.RunAsync(server, line.Split(' '));
        Assert.True(run.ExitCode == 0, $"{line}: {run.Error}");
        return run.Json;
    }

    private async Task<CommandLine> RunAsync(ScriptedService service, string line)
    {
        if (!File.Exists(_folder.At("root.pem"))) await File.WriteAllTextAsync(_folder.At("root.pem"), service.Root.ExportCertificatePem(), Ct);
        return await RunAsync(service.Url, line);
    }

    private Task<CommandLine> RunAsync(string url, string line)
    {
        var words = line.Split(' ').Select(word => word[0] == '{' ? _folder.At(word.Trim('{', '}')) : word);
        return CommandLine.RunAsync([.. words, "--json", "--url", url, "--ca", _folder.At("root.pem")]);
    }
}
