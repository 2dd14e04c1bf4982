using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

public sealed class CrlPublisherTests : IDisposable
{
    private readonly CrlHouse _house = new();

    public void Dispose() => _house.Dispose();

    [Fact]
    public async Task A_CRL_is_on_record_before_it_is_signed_and_again_before_it_is_seen()
    {
        var seen = new List<string>();
        _house.Store.BeforePersisting = (what, _) => seen.Add($"{what}: {File.Exists(_house.CrlPath)}");
        var status = await _house.PublishAsync();

        Assert.Equal(["reserve: False", "record: False"], seen);
        var record = Assert.Single(_house.Store.Crls);
        Assert.Equal(Digest.Of(_house.Octets), record.CrlHash);
        Assert.Equal(
            Digest.Of(CrlFacts.TryRead("issuing", _house.Octets)!.Tbs.Span), record.Reserved.TbsHash);
        Assert.Equal(_house.Read(), status);
        Assert.Equal(status, _house.Published.Find("issuing"));
    }

    [Fact]
    public async Task A_CRL_is_not_younger_than_what_was_revoked_while_its_entries_were_read()
    {
        DateTimeOffset? revokedAt = null;
        _house.Store.AfterReading = () =>
        {
            _house.Time.Advance(TimeSpan.FromSeconds(2));
            revokedAt = _house.Time.GetUtcNow();
        };

        var status = await _house.PublishAsync();

        Assert.NotNull(revokedAt);
        Assert.True(status!.ThisUpdate < revokedAt, $"{status.ThisUpdate:O} is not before {revokedAt:O}.");
    }

    [Fact]
    public async Task What_is_revoked_is_listed_and_what_is_not_is_not()
    {
        var revoked = CertificateRows.NewRow();
        var good = CertificateRows.NewRow();
        var others = CertificateRows.NewRow(authority: "root");
        foreach (var row in (CertificateRecord[])[revoked, good, others]) _house.Store.Add(row);
        await RevokeAsync(revoked, RevocationReason.KeyCompromise);
        await RevokeAsync(others, RevocationReason.KeyCompromise);
        await _house.PublishAsync();

        var builder = CertificateRevocationListBuilder.Load(_house.Octets, out _);
        Assert.True(builder.RemoveEntry(revoked.SerialNumber.ToOctets()));
        Assert.False(builder.RemoveEntry(good.SerialNumber.ToOctets()));
        Assert.Equal(1, _house.Read().Entries);
    }

    [Fact]
    public async Task A_revoked_certificate_stays_listed_until_a_CRL_from_after_its_expiry_has_listed_it()
    {
        var row = CertificateRows.NewRow(notAfter: _house.Time.GetUtcNow().AddHours(1));
        _house.Store.Add(row);
        await RevokeAsync(row, RevocationReason.Superseded);
        await _house.PublishAsync();

        // A standstill of a month: by the clock alone, the entry would be gone without ever having been there after its
        // expiry.
        _house.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(1, (await _house.PublishAsync())!.Entries);
        _house.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, (await _house.PublishAsync())!.Entries);
    }

    [Fact]
    public async Task CRLs_that_nobody_saw_do_not_count_as_having_listed_it()
    {
        var row = CertificateRows.NewRow(notAfter: _house.Time.GetUtcNow().AddHours(1));
        _house.Store.Add(row);
        await RevokeAsync(row, RevocationReason.Superseded);
        await _house.PublishAsync();

        _house.Store.BeforePersisting = (what, _) =>
        {
            if (what == "record") throw new StorageUnavailableException("disk full");
        };
        for (var day = 0; day < 5; day++)
        {
            _house.Time.Advance(TimeSpan.FromDays(1));
            await Assert.ThrowsAsync<StorageUnavailableException>(() => _house.PublishAsync());
        }

        _house.Store.BeforePersisting = (_, _) => { };
        Assert.Equal(1, (await _house.PublishAsync())!.Entries);
    }

    [Fact]
    public async Task Numbers_rise_strictly_under_parallel_publishers_of_two_nodes()
    {
        _house.Store.HonorsLeases = false;
        using var other = new CrlHouse(time: _house.Time);
        using var node = new CrlPublisher(
            _house.Store, other.Published, other.Options, new ClockGuard(_house.Time), _house.Time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<CrlPublisher>.Instance);
        var published = new List<long>();
        await Parallel.ForAsync(0, 40, TestContext.Current.CancellationToken, async (i, ct) =>
        {
            try
            {
                var status = await (i % 2 == 0 ? _house.Publisher : node).PublishAsync(_house.Authorities.Issuing, ct);
                lock (published) published.Add(status!.Number);
            }
            catch (StorageUnavailableException)
            {
                // Three times overtaken by the other node: allowed, and tried again by the schedule.
            }
        });

        Assert.True(published.Count >= 20);
        Assert.Equal(published.Count, published.Distinct().Count());
        var recorded = _house.Store.Crls.Where(crl => crl.CrlHash is not null).Select(crl => crl.Reserved.Number);
        Assert.Equal(published.Order(), recorded.Order());
        Assert.Equal(_house.Published.Find("issuing")!.Number, _house.Read().Number);
    }

    [Fact]
    public async Task A_watcher_of_the_file_never_sees_a_decrease_or_half_a_file()
    {
        for (var i = 0; i < 2_000; i++)
        {
            var row = CertificateRows.NewRow();
            _house.Store.Add(row);
            await RevokeAsync(row, RevocationReason.Superseded);
        }

        await _house.PublishAsync();
        var publishing = Task.WhenAll(Enumerable.Range(0, 25).Select(_ => _house.PublishAsync()));
        var last = _house.Read();
        while (!publishing.IsCompleted)
        {
            var now = _house.Read();
            Assert.True(now.Number > last.Number || (now.Number == last.Number && now.Hash == last.Hash));
            last = now;
        }

        await publishing;
    }

    [Fact]
    public async Task A_clock_that_goes_back_an_hour_makes_neither_number_nor_thisUpdate_go_back()
    {
        var before = (await _house.PublishAsync())!;
        _house.Time.StepClock(TimeSpan.FromHours(-1));
        _house.Restart();
        var after = (await _house.PublishAsync())!;
        Assert.Equal(before.Number + 1, after.Number);
        Assert.Equal(before.ThisUpdate, after.ThisUpdate);

        _house.Time.StepClock(TimeSpan.FromHours(2));
        var later = (await _house.PublishAsync())!;
        Assert.Equal(_house.Time.GetUtcNow().ToUnixTimeSeconds() << 16, later.Number);
        Assert.Equal(_house.Time.GetUtcNow(), later.ThisUpdate);
    }

    [Fact]
    public async Task While_the_clock_has_jumped_ahead_the_old_CRL_stays()
    {
        await _house.PublishAsync();
        var before = _house.Octets;
        _house.Time.StepClock(TimeSpan.FromDays(3650));
        await Assert.ThrowsAsync<CryptographicException>(() => _house.PublishAsync());
        Assert.Equal(before, _house.Octets);
        _house.Time.StepClock(TimeSpan.FromDays(-3650));
        Assert.NotNull(await _house.PublishAsync());
    }

    [Theory]
    [InlineData(300 * 24)]
    [InlineData(20)]
    public async Task A_CRL_of_the_future_is_followed_by_one_of_now_when_the_clock_was_accepted(int hours)
    {
        _house.Time.StepClock(TimeSpan.FromHours(hours));
        var wrong = (await _house.PublishAsync())!;
        _house.Time.StepClock(TimeSpan.FromHours(-hours));
        _house.Restart(accepted: true);
        var right = (await _house.PublishAsync())!;
        Assert.Equal(wrong.Number + 1, right.Number);
        Assert.Equal(_house.Time.GetUtcNow(), right.ThisUpdate);
    }

    [Fact]
    public async Task A_restored_backup_that_forgot_the_last_CRLs_does_not_use_their_numbers_again()
    {
        var lost = new List<long>();
        for (var i = 0; i < 5; i++) lost.Add((await _house.PublishAsync())!.Number);

        using var restored = new CrlHouse(time: _house.Time);
        _house.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await restored.PublishAsync())!.Number > lost.Max());
    }

    [Fact]
    public async Task A_folder_that_knows_more_than_a_restored_backup_is_believed_also_when_the_clock_went_back()
    {
        var shown = (await _house.PublishAsync())!;
        using var empty = new CrlHouse();
        _house.Time.StepClock(TimeSpan.FromHours(-1));
        using var restored = new CrlPublisher(
            empty.Store, _house.Published, _house.Options, new ClockGuard(_house.Time), _house.Time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<CrlPublisher>.Instance);
        var next = (await restored.PublishAsync(_house.Authorities.Issuing, TestContext.Current.CancellationToken))!;
        Assert.Equal(shown.Number + 1, next.Number);
        Assert.Equal(shown.ThisUpdate, next.ThisUpdate);
    }

    [Theory]
    [InlineData("reserve", true)]
    [InlineData("reserve", false)]
    [InlineData("record", true)]
    [InlineData("record", false)]
    public async Task A_store_that_fails_leaves_the_old_CRL_and_the_next_one_has_a_higher_number(
        string what, bool before)
    {
        await _house.PublishAsync();
        var old = _house.Octets;
        Action<string, string> fail = (operation, _) =>
        {
            if (operation == what) throw new StorageUnavailableException("disk full");
        };
        if (before) _house.Store.BeforePersisting = fail;
        else _house.Store.AfterPersisting = fail;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => _house.PublishAsync());
        Assert.Equal(old, _house.Octets);

        // As after a kill: nothing in memory, a half-written file beside the good one.
        _house.Store.BeforePersisting = _house.Store.AfterPersisting = (_, _) => { };
        await File.WriteAllBytesAsync(_house.CrlPath + ".new", old[..^7], TestContext.Current.CancellationToken);
        _house.Restart();
        var next = (await _house.PublishAsync())!;
        Assert.All(_house.Store.Crls.SkipLast(1), crl => Assert.True(crl.Reserved.Number < next.Number));
        Assert.Equal(next, _house.Read());
        Assert.False(File.Exists(_house.CrlPath + ".new"));
    }

    [Fact]
    public async Task A_damaged_row_does_not_keep_the_others_out()
    {
        var row = CertificateRows.NewRow();
        _house.Store.Add(row);
        _house.Store.Damaged.Add(new RevokedEntry([], _house.Time.GetUtcNow(), RevocationReason.KeyCompromise));
        _house.Store.Damaged.Add(new RevokedEntry([7], DateTimeOffset.UnixEpoch, RevocationReason.Unspecified) { IsDamaged = true });
        await RevokeAsync(row, RevocationReason.KeyCompromise);
        Assert.Equal(2, (await _house.PublishAsync())!.Entries);
    }

    [Fact]
    public async Task A_file_is_newer_than_the_one_before_by_a_whole_second_whatever_the_clock_does()
    {
        await _house.PublishAsync();
        var first = File.GetLastWriteTimeUtc(_house.CrlPath);
        await _house.PublishAsync();
        _house.Time.StepClock(TimeSpan.FromHours(-1));
        await _house.PublishAsync();
        Assert.Equal(first.AddSeconds(2), File.GetLastWriteTimeUtc(_house.CrlPath));
    }

    [Fact]
    public async Task A_restarted_service_knows_what_it_has_published()
    {
        var status = await _house.PublishAsync();
        _house.Restart();
        Assert.Null(_house.Published.Find("issuing"));
        Assert.Equal(status, _house.Published.Load(_house.Authorities.Issuing));
        Assert.Equal(status, _house.Published.Find("issuing"));

        File.Copy(_house.CrlPath, _house.PathOf("root"));
        Assert.Null(_house.Published.Load(_house.Authorities.Root));
    }

    private Task<Outcome<CertificateRecord>> RevokeAsync(CertificateRecord row, RevocationReason reason) =>
        _house.Store.RevokeAsync(
            row.SerialNumber, reason, "alice", _house.Time.GetUtcNow(), TestContext.Current.CancellationToken);
}
