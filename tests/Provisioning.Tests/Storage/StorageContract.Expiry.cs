using Provisioning.Core.Certificates;
using Provisioning.Core.Expiry;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

/// <summary>What ends, and what was said about it.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task What_ends_is_read_soonest_first_and_goes_on_after_the_last_one_that_was_read()
    {
        var all = new List<CertificateRecord>();
        foreach (var days in new[] { 5, 1, 3, 3 })
            all.Add(await IssueAsync(NewReservation($"pump-{all.Count}") with { NotAfter = Now.AddDays(days) }));
        var sooner = all.OrderBy(one => one.NotAfter).ThenBy(one => one.SerialNumber.ToString(), StringComparer.Ordinal).ToList();
        Assert.Equal(sooner.Select(one => one.SerialNumber), await EndingAsync(Now, Now.AddDays(6)));
        Assert.Equal(sooner.Take(3).Select(one => one.SerialNumber), await EndingAsync(Now, Now.AddDays(5)));
        Assert.Equal(sooner.Skip(1).Select(one => one.SerialNumber), await EndingAsync(Now.AddDays(3), Now.AddDays(6)));
        for (var place = 0; place < sooner.Count; place++)
        {
            var after = new Cursor(sooner[place].NotAfter.ToUnixTimeMilliseconds(), sooner[place].SerialNumber.ToString());
            Assert.Equal(sooner.Skip(place + 1).Select(one => one.SerialNumber), await EndingAsync(Now, Now.AddDays(6), after));
        }

        Assert.Empty(await EndingAsync(Now, Now.AddDays(6), group: "elsewhere"));
    }

    [Fact]
    public async Task What_nobody_uses_any_more_does_not_end_and_what_was_renewed_is_told()
    {
        var revoked = await IssueAsync(NewReservation() with { NotAfter = Now.AddDays(1) });
        await Database.Revocations.RevokeAsync(revoked.SerialNumber, RevocationReason.Superseded, "administrator:a", Now, Ct);
        var old = await IssueAsync(NewReservation() with { NotAfter = Now.AddDays(1) });
        Assert.False(Assert.Single(await ReadEndingAsync(Now, Now.AddDays(2))).IsRenewed);
        var next = await IssueAsync(NewRenewal(old));
        var one = Assert.Single(await ReadEndingAsync(Now, Now.AddDays(2)));
        Assert.Equal((old.SerialNumber, true), (one.Certificate.SerialNumber, one.IsRenewed));
        await Certificates.ConfirmAsync(next.SerialNumber, new Succession(TimeSpan.FromHours(2), Revokes: true), Now, Ct);
        Assert.Empty(await ReadEndingAsync(Now, Now.AddDays(2)));
    }

    [Fact]
    public async Task Who_may_be_late_is_watched_however_long_its_certificate_still_lives()
    {
        var issued = Now;
        await IssueAsync(NewReservation() with { NotAfter = issued.AddDays(1000) });
        Assert.Empty(await WatchedAsync(issued.AddDays(899)));
        Assert.Equal(["pump-1"], await WatchedAsync(issued.AddDays(901)));

        await SaveGroupAsync("pumps", 1);
        await IssueAsync(NewReservation("pump-2") with { NotAfter = issued.AddDays(10_000), Group = "pumps", GroupVersion = 1 });
        Now = Now.AddMinutes(1);
        var campaign = Value(await Database.Campaigns.AddCampaignAsync(NewCampaign(), Ct));
        Assert.Empty(await WatchedAsync(campaign.EndsAt.AddSeconds(-1)));
        Assert.Equal(["pump-2"], await WatchedAsync(campaign.EndsAt));
        Value(await Database.Campaigns.StopCampaignAsync(campaign.Id, "administrator:a", Now, Ct));
        Assert.Empty(await WatchedAsync(campaign.EndsAt));
    }

    [Fact]
    public async Task What_is_watched_is_found_in_a_large_registry_of_which_little_is()
    {
        await FillAsync(12_000, _ => "pumps");
        await WriteAsync("UPDATE certificates SET reserved_at = not_after - 86400000000 WHERE holder IN ('d-7', 'd-4999', 'd-5000', 'd-11999')");
        Assert.Equal(["d-7", "d-4999", "d-5000", "d-11999"], await WatchedAsync(Now));
        Assert.Equal(12_000, (await WatchedAsync(Now.AddDays(61))).Count);
    }

    [Theory]
    [InlineData("not_after = 9223372036854775807")]
    [InlineData("not_after = 9223372036854775807, reserved_at = -9223372036854775807")]
    [InlineData("reserved_at = -9223372036854775807")]
    [InlineData("revocation_reason = 1, revoked_at = 9223372036854775807")]
    public async Task TM_39_a_damaged_row_ends_no_look_at_what_ends(string damage)
    {
        await IssueAsync(NewReservation("pump-1") with { NotAfter = Now.AddDays(1) });
        await IssueAsync(NewReservation("pump-2") with { NotAfter = Now.AddDays(1000) });
        await IssueAsync(NewReservation("pump-3") with { NotAfter = Now.AddDays(1010) });
        await WriteAsync($"UPDATE certificates SET {damage} WHERE holder = 'pump-2'");
        Assert.Equal(["pump-1"], await WatchedAsync(Now));
        Assert.Equal(["pump-3"], await WatchedAsync(Now.AddDays(950)));
    }

    [Fact]
    public async Task TM_39_a_damaged_row_is_left_out_of_what_ends()
    {
        foreach (var device in new[] { "pump-1", "pump-2" }) await IssueAsync(NewReservation(device) with { NotAfter = Now.AddDays(1) });
        await WriteAsync("UPDATE certificates SET revocation_reason = 1, revoked_at = 9223372036854775807 WHERE holder = 'pump-1'");
        Assert.Equal(["pump-2"], (await ReadEndingAsync(Now, Now.AddDays(2))).Select(one => one.Certificate.Holder));
    }

    [Fact]
    public async Task Who_is_late_is_said_once()
    {
        var late = await IssueAsync(NewReservation() with { NotAfter = Now.AddDays(1) });
        var gone = await IssueAsync(NewReservation("pump-2") with { NotAfter = Now.AddDays(2) });
        await Database.Revocations.RevokeAsync(gone.SerialNumber, RevocationReason.Superseded, "administrator:a", Now, Ct);
        SerialNumber[] both = [late.SerialNumber, gone.SerialNumber];
        Assert.Equal(1, await Database.Expiry.NoteLateAsync(both, Now, Ct));
        Assert.True(Assert.Single(await ReadEndingAsync(Now, Now.AddDays(2))).IsNoted);
        Assert.Equal(0, await Database.Expiry.NoteLateAsync(both, Now, Ct));
    }

    [Fact]
    public async Task The_end_of_an_authority_is_said_once_for_each_part_of_its_life_and_anew_for_the_next_one()
    {
        var (one, other) = (Digest.Of("one"u8), Digest.Of("other"u8));
        Assert.True(await NoteAsync(one, 25));
        Assert.False(await NoteAsync(one, 25));
        Assert.True(await NoteAsync(one, 5));
        Assert.False(await NoteAsync(one, 10));
        Assert.True(await NoteAsync(other, 25));

        Task<bool> NoteAsync(Digest certificate, int percent) =>
            Database.Expiry.NoteAuthorityAsync("issuing", certificate, percent, Now.AddDays(9), Now, Ct);
    }

    private async Task<List<string>> WatchedAsync(DateTimeOffset now) =>
        await Database.Expiry.ReadWatchedAsync(now, now.AddDays(30), 0.1, Ct).Select(one => one.Certificate.Holder).ToListAsync(Ct);

    private async Task<IEnumerable<SerialNumber>> EndingAsync(
        DateTimeOffset from, DateTimeOffset until, Cursor? after = null, string? group = null) =>
        (await ReadEndingAsync(from, until, after, group)).Select(one => one.Certificate.SerialNumber);

    private async Task<List<ExpiringCertificate>> ReadEndingAsync(
        DateTimeOffset from, DateTimeOffset until, Cursor? after = null, string? group = null)
    {
        var all = new List<ExpiringCertificate>();
        await foreach (var one in Database.Expiry.ReadExpiringAsync(from, until, group, after, Ct)) all.Add(one);
        return all;
    }
}
