using System.Text.Json;
using Microsoft.AspNetCore.Http;
using static Provisioning.Tests.Cli.ScriptedService;

namespace Provisioning.Tests.Cli;

public sealed class RetryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_lost_answer_and_a_busy_service_are_asked_again_with_the_same_request()
    {
        await using var service = await StartAsync(
            Lost,
            Problem(503, "storage-unavailable", "0"),
            Problem(429, "too-many-requests"),
            Problem(409, "request-in-progress"),
            Refuse);

        var run = await EnrollAsync(service, "--timeout", "300");

        Assert.Equal(3, run.ExitCode);
        Assert.Equal(5, service.Requests.Count);
        Assert.Single(service.Requests.Distinct());
        Assert.EndsWith("device-already-bound: As scripted.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_run_after_a_lost_answer_sends_the_same_request_again()
    {
        await using var service = await StartAsync(Problem(503, "storage-unavailable", "60"));

        await EnrollAsync(service);
        await EnrollAsync(service);

        Assert.Equal(2, service.Requests.Count);
        Assert.Single(service.Requests.Distinct());
    }

    [Fact]
    public async Task A_service_that_wants_more_patience_than_the_timeout_ends_with_5_at_once()
    {
        await using var service = await StartAsync(Problem(503, "storage-unavailable", "3600"));

        var run = await EnrollAsync(service);

        Assert.Equal((5, 1), (run.ExitCode, service.Requests.Count));
        Assert.Equal("storage-unavailable: As scripted.\n", run.Error);
    }

    [Fact]
    public async Task A_refusal_is_not_repeated_and_its_code_is_in_the_json()
    {
        await using var service = await StartAsync(Refuse);

        var run = await EnrollAsync(service, "--json");

        var error = JsonDocument.Parse(run.Error).RootElement.GetProperty("error");
        Assert.Equal("device-already-bound", error.GetProperty("code").GetString());
        Assert.Equal((3, 409), (error.GetProperty("exitCode").GetInt32(), error.GetProperty("status").GetInt32()));
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task A_key_that_can_never_get_a_certificate_is_not_kept_for_the_next_run()
    {
        await using var service = await StartAsync(Problem(422, "key-not-allowed"));

        await EnrollAsync(service);

        Assert.Equal(["root.pem"], _folder.Files);
    }

    [Fact]
    public async Task A_certificate_over_another_key_is_not_stored()
    {
        await using var service = await StartAsync(OfAnotherKey);

        var run = await EnrollAsync(service);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("wrong-key: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(["pump-1.csr.pending", "pump-1.key.pending", "root.pem"], _folder.Files);
    }

    [Fact]
    public async Task A_server_that_the_given_root_does_not_vouch_for_is_told_nothing()
    {
        await using var service = await StartAsync(Refuse);
        using var other = TestCertificates.SelfSigned("other");

        var run = await EnrollTrustingAsync(other.ExportCertificatePem(), service);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("server-not-trusted: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(service.Requests);
    }

    [Fact]
    public async Task A_server_with_another_name_than_the_address_is_told_nothing()
    {
        await using var service = await StartAsync(Refuse);
        await File.WriteAllTextAsync(_folder.At("root.pem"), service.Root.ExportCertificatePem(), Ct);

        var run = await CommandLine.RunAsync(
            "devices", "--url", service.Url.Replace("localhost", "127.0.0.1"), "--ca", _folder.At("root.pem"));

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("server-not-trusted: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(service.Requests);
    }

    [Fact]
    public async Task A_list_follows_its_cursors_up_to_its_limit()
    {
        await using var service = await StartAsync(
            Page("""{"items":[{"deviceId":"a","later":1},{"deviceId":"b"}],"nextCursor":"B+/="}"""),
            Page("""{"items":[{"deviceId":"c"}],"nextCursor":"C"}"""));
        await File.WriteAllTextAsync(_folder.At("root.pem"), service.Root.ExportCertificatePem(), Ct);

        var run = await CommandLine.RunAsync(
            "devices", "--limit", "3", "--prefix", "a b", "--json",
            "--url", service.Url, "--ca", _folder.At("root.pem"));

        Assert.Equal(
            [
                "GET /api/v1/devices?prefix=a%20b&limit=3 ",
                "GET /api/v1/devices?prefix=a%20b&limit=1&cursor=B%2B%2F%3D ",
            ],
            service.Requests);
        var items = JsonDocument.Parse(run.Output).RootElement.GetProperty("items");
        Assert.Equal(["a", "b", "c"], items.EnumerateArray().Select(item => item.GetProperty("deviceId").GetString()));
        Assert.Equal(1, items[0].GetProperty("later").GetInt32());
    }

    [Fact]
    public async Task An_answer_of_something_else_ends_with_1()
    {
        await using var service = await StartAsync(Page("<html>Welcome</html>"));

        var run = await EnrollAsync(service);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("not-understood: ", run.Error, StringComparison.Ordinal);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static Func<HttpContext, string, Task> Refuse => Problem(409, "device-already-bound");

    private static Func<HttpContext, string, Task> Page(string text) =>
        (context, _) => context.Response.WriteAsync(text);

    private static Task OfAnotherKey(HttpContext context, string body)
    {
        using var other = TestCertificates.SelfSigned("other");
        return context.Response.WriteAsJsonAsync(new
        {
            deviceId = "pump-1",
            serialNumber = "01",
            certificate = other.ExportCertificatePem(),
            chain = Array.Empty<string>(),
            notBefore = other.NotBefore,
            notAfter = other.NotAfter,
        });
    }

    private Task<CommandLine> EnrollAsync(ScriptedService service, params string[] options) =>
        EnrollTrustingAsync(service.Root.ExportCertificatePem(), service, options);

    private async Task<CommandLine> EnrollTrustingAsync(string root, ScriptedService service, params string[] options)
    {
        await File.WriteAllTextAsync(_folder.At("root.pem"), root, Ct);
        return await CommandLine.RunAsync(
        [
            "enroll", "pump-1", "--url", service.Url, "--ca", _folder.At("root.pem"), "--out", _folder.Path, .. options,
        ]);
    }
}
