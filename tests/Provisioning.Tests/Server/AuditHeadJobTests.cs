using Microsoft.Extensions.Logging;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Server.Jobs;
using Provisioning.Storage;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Server;

/// <summary>What the log says of the end of the audit, when that cannot be read.</summary>
public sealed class AuditHeadJobTests
{
    [Theory]
    [InlineData("UPDATE audit SET hash = x'00'")]
    [InlineData("UPDATE audit SET hash = 'broken'")]
    [InlineData("DROP TABLE audit")]
    public async Task TM_39_a_damaged_last_entry_of_the_audit_does_not_end_the_service(string damage)
    {
        var ct = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("provisioning-head-").FullName;
        await using (var database = await Database.OpenAsync(new DatabaseOptions { DataDirectory = folder }, ct))
        {
            await database.Writer.RunAsync(
                transaction =>
                {
                    transaction.Audit(AuditActions.DeviceSuspended, "test", DateTimeOffset.UnixEpoch, HolderKind.Device, "pump-1", null, null);
                    transaction.Sql("DROP TRIGGER audit_is_never_changed").Execute();
                    return transaction.Sql(string.Intern(damage)).Execute();
                },
                ct);
            var (time, log) = (new FakeTimeProvider(DateTimeOffset.UnixEpoch), new RecordedLog());
            using var logs = new LoggerFactory([log]);
            using var job = new AuditHeadJob(database.Audit, time, logs.CreateLogger<AuditHeadJob>());
            await job.StartAsync(ct);
            for (var told = 1; told < 4; told++)
            {
                await TestServer.UntilAsync(() => log.Lines.Count >= told, TimeSpan.FromSeconds(30));
                Assert.False(job.ExecuteTask!.IsCompleted);
                time.Advance(AuditHeadJob.Interval);
            }

            await job.StopAsync(ct);
            Assert.All(log.Lines, line => Assert.True(line.Level >= LogLevel.Warning));
        }

        Directory.Delete(folder, recursive: true);
    }
}
