using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;

namespace Provisioning.Tests.Storage;

/// <summary>Rows that a disk, or a person with a statement, has damaged.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task TM_39_a_damaged_row_is_in_the_CRL_as_far_as_it_can_be_read_and_keeps_no_other_out()
    {
        var all = new List<CertificateRecord>();
        for (var i = 0; i < 4; i++) all.Add(await IssueAsync(NewReservation($"pump-{i}")));
        await HoldAsync(all[0]);
        foreach (var one in all[1..]) await RevokeAsync(one, RevocationReason.Superseded);
        await WriteAsync("UPDATE certificates SET revoked_at = 9223372036854775807 WHERE holder = 'pump-0'");
        await WriteAsync("UPDATE certificates SET revoked_at = NULL WHERE holder = 'pump-1'");
        await WriteAsync("UPDATE certificates SET revocation_reason = 99 WHERE holder = 'pump-2'");
        var scope = new CrlScope("issuing");
        foreach (var entries in new[]
        {
            await Database.Crls.ReadRevokedAsync(scope, Now, Ct).ToListAsync(Ct), await Database.Crls.ReadChangedAsync(scope, 0, Now, Ct).ToListAsync(Ct),
        })
        {
            var found = entries.ToDictionary(entry => Convert.ToHexString(entry.SerialNumber));
            Assert.Equal(
                [
                    (DateTimeOffset.UnixEpoch, RevocationReason.CertificateHold, true, false),
                    (DateTimeOffset.UnixEpoch, RevocationReason.Superseded, true, false),
                    (Now, RevocationReason.Unspecified, true, false),
                    (Now, RevocationReason.Superseded, false, false),
                ],
                all.Select(one => found[one.SerialNumber.ToString()]).Select(one => (one.RevokedAt, one.Reason, one.IsDamaged, one.IsReleased)));
        }
    }

    [Fact]
    public async Task TM_39_a_job_counts_a_damaged_row_as_failed_and_goes_on()
    {
        var all = new List<CertificateRecord>();
        for (var i = 0; i < 3; i++) all.Add(await IssueAsync(NewReservation($"pump-{i}")));
        await WriteAsync("UPDATE certificates SET not_before = 9223372036854775807 WHERE holder = 'pump-1'");
        var listed = Revoke(RevocationReason.CertificateHold, new RevocationFilter { Devices = ["pump-0", "pump-1", "pump-2"] });
        Assert.Equal(2, (await Jobs.CountAsync(listed, Now.AddSeconds(1), Ct)).Certificates);
        var hold = await StartAsync(listed);
        Assert.Equal((RevocationJobState.Finished, 2, 1), await ResultAsync(hold));

        // Where each is looked at, and where many are changed at once without a look.
        var job = await StartAsync(Revoke(RevocationReason.KeyCompromise, new RevocationFilter { Authority = "issuing" }));
        Assert.Equal((RevocationJobState.Finished, 2, 1), await ResultAsync(job));
        Assert.Equal(CertificateState.Revoked, await StateAsync(all[2].SerialNumber));
        job = await StartAsync(Revoke(RevocationReason.Superseded, new RevocationFilter { Authority = "issuing" }));
        Assert.Equal((RevocationJobState.Finished, 1, 0), await ResultAsync(job));
    }

    [Fact]
    public async Task TM_39_a_job_that_is_damaged_itself_says_so()
    {
        await IssueAsync(NewReservation());
        var job = await StartAsync(Revoke(RevocationReason.Superseded, new RevocationFilter { Authority = "issuing" }));
        await WriteAsync("UPDATE revocation_jobs SET definition = '{'");
        await Assert.ThrowsAsync<InvalidDataException>(() => Jobs.AdvanceAsync(job.Id, "one", Now, Ct));
    }
}
