using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Server;

/// <summary>What the outside sees when the database or a key does not do its work, and that nothing is left behind.</summary>
public sealed class FailingDatabaseTests
{
    [Fact]
    public async Task While_the_database_is_locked_enrollments_are_answered_503_within_5_s_and_nothing_is_signed()
    {
        await using var server = await TestServer.StartAsync(options => options.StorageTimeout = TimeSpan.FromSeconds(1));
        var registrar = server.Registrar();
        var devices = Enumerable.Range(0, 20).Select(i => server.NewDevice($"pump-{i}")).ToList();
        await Task.WhenAll(devices.Select(_ => registrar.GetAsync("/api/v1/self")));

        await using (await LockAsync(server))
        {
            var answers = await Task.WhenAll(devices.Select(device => TimedAsync(() => EnrollAsync(registrar, device))));
            var (ready, took) = await TimedAsync(() => server.Anonymous().GetAsync(new Uri(server.Http, "/health/ready")));

            foreach (var (answer, patience) in answers)
            {
                Assert.True(patience < TimeSpan.FromSeconds(5), $"answered after {patience}");
                Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
                await Problem.IsAsync(answer, HttpStatusCode.ServiceUnavailable, "storage-unavailable");
            }

            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.True(took < TimeSpan.FromSeconds(5), $"ready or not after {took}");
            Assert.DoesNotContain(await RowsAsync(server), row => row.HolderKind == HolderKind.Device);
        }

        // At once, and not only after the next retry.
        foreach (var device in devices) await device.EnrollAsync(registrar);
        Assert.Empty((await AuditAsync(server)).Findings);
    }

    [Fact]
    public async Task A_reservation_whose_signature_failed_is_given_up_before_the_answer_is_out()
    {
        await using var server = await TestServer.StartAsync();
        server.Authorities.Issuing.Key!.Dispose();

        using var refused = await EnrollAsync(server.Registrar(), server.NewDevice("pump-1"));

        await Problem.IsAsync(refused, HttpStatusCode.ServiceUnavailable, "authority-unavailable");
        // Queued behind it, so that it is done by then.
        await server.Instance.Database.CheckWritableAsync(TestContext.Current.CancellationToken);
        var row = Assert.Single(await RowsAsync(server), row => row.HolderKind == HolderKind.Device);
        Assert.Equal(CertificateState.Abandoned, row.State);
    }

    internal static async Task<SqliteConnection> LockAsync(TestServer server)
    {
        var path = Path.Combine(server.Instance.Data.Path, "provisioning.db");
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private static Task<HttpResponseMessage> EnrollAsync(HttpClient registrar, TestDevice device) => registrar.PostAsJsonAsync(
        "/api/v1/enrollments", new { deviceId = device.Id, csr = Convert.ToBase64String(device.Request()) });

    private static async Task<(HttpResponseMessage Answer, TimeSpan Took)> TimedAsync(Func<Task<HttpResponseMessage>> send)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = await send();
        return (answer, Stopwatch.GetElapsedTime(started));
    }

    private static async Task<IReadOnlyList<CertificateRecord>> RowsAsync(TestServer server) =>
        (await server.Instance.Database.Certificates.ListAsync(new CertificateQuery(), default)).Items;

    private static Task<AuditReport> AuditAsync(TestServer server) => new Auditor(
        server.Instance.Database.Audit, server.Instance.Database.Crls, server.Authorities, server.Instance.Crl).RunAsync(default);
}
