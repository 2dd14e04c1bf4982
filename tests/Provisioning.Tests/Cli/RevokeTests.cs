using System.Text.Json;
using Microsoft.AspNetCore.Http;
using static Provisioning.Tests.Cli.ScriptedService;

namespace Provisioning.Tests.Cli;

public sealed class RevokeTests : IDisposable
{
    private const string List = "GET /api/v1/devices/pump-1/certificates?limit=500 ";
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_device_that_renews_meanwhile_does_not_keep_the_new_certificate()
    {
        await using var service = await StartAsync(
            Certificates(("01", "superseded"), ("02", "current")),
            Changed("01"),
            Changed("02"),
            Certificates(("01", "revoked"), ("02", "revoked"), ("03", "issued")),
            Changed("03"),
            Certificates(("01", "revoked"), ("02", "revoked"), ("03", "revoked")));

        var run = await RevokeAsync(service, "--json");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal([List, Post("01"), Post("02"), List, Post("03"), List], service.Requests);
        var items = JsonDocument.Parse(run.Output).RootElement.GetProperty("items");
        Assert.Equal(["01", "02", "03"], items.EnumerateArray().Select(item => item.GetProperty("serialNumber").GetString()));
    }

    [Fact]
    public async Task A_device_without_a_certificate_is_looked_at_once()
    {
        await using var service = await StartAsync(Certificates(("01", "revoked")));

        var run = await RevokeAsync(service);

        Assert.Equal((0, "No certificate of pump-1 is concerned; nothing was changed.\n"), (run.ExitCode, run.Output));
        Assert.Equal([List], service.Requests);
    }

    [Fact]
    public async Task A_certificate_that_still_looks_valid_after_it_was_revoked_is_not_revoked_again()
    {
        await using var service = await StartAsync(Certificates(("01", "current")), Changed("01"), Certificates(("01", "current")));

        var run = await RevokeAsync(service);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal([List, Post("01"), List], service.Requests);
    }

    [Fact]
    public async Task A_device_that_renews_for_ever_ends_with_1_and_a_reason()
    {
        var number = 0;
        await using var service = await StartAsync((context, body) =>
        {
            var isList = context.Request.Method == HttpMethods.Get;
            if (isList) number++;
            return isList ? Certificates(($"{number:X2}", "current"))(context, body) : Changed($"{number:X2}")(context, body);
        });

        var run = await RevokeAsync(service);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("still-renewing: ", run.Error, StringComparison.Ordinal);
        Assert.InRange(service.Requests.Count, 10, 100);
    }

    [Fact]
    public async Task A_person_is_asked_once_for_all_looks()
    {
        await using var service = await StartAsync(
            Certificates(("01", "current")), Changed("01"), Certificates(("02", "current")), Changed("02"), Certificates());

        var run = await RunAsync(service, "y\n");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("Revoke 1 certificate(s) of pump-1 for ever (unspecified)? [y/N] ", run.Error);
        Assert.Equal(5, service.Requests.Count);
    }

    private static string Post(string serial) => $$"""POST /api/v1/certificates/{{serial}}/revocation {"reason":"unspecified"}""";

    private static Func<HttpContext, string, Task> Certificates(params (string Serial, string State)[] all) =>
        (context, _) => context.Response.WriteAsJsonAsync(new { items = all.Select(one => Entry(one.Serial, one.State)) });

    private static Func<HttpContext, string, Task> Changed(string serial) =>
        (context, _) => context.Response.WriteAsJsonAsync(Entry(serial, "revoked"));

    private static object Entry(string serial, string state) => new
    {
        serialNumber = serial,
        state,
        holder = "pump-1",
        notBefore = DateTimeOffset.UtcNow.AddDays(-1),
        notAfter = DateTimeOffset.UtcNow.AddDays(1),
    };

    private Task<CommandLine> RevokeAsync(ScriptedService service, params string[] options) =>
        RunAsync(service, null, ["--yes", .. options]);

    private async Task<CommandLine> RunAsync(ScriptedService service, string? answer, params string[] options)
    {
        await File.WriteAllTextAsync(_folder.At("root.pem"), service.Root.ExportCertificatePem(), Ct);
        return await CommandLine.RunAsync(
            _ => null, answer, ["revoke", "--device", "pump-1", "--url", service.Url, "--ca", _folder.At("root.pem"), .. options]);
    }
}
