using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Tests.Revocation;

namespace Provisioning.Tests.Storage;

// ICrlStore: shards, deltas, leases, and the octets that nodes share.
public abstract partial class StorageContract
{
    private static readonly CrlScope Third = new("issuing", 3);

    [Fact]
    public async Task A_certificate_stays_in_the_shard_that_it_was_issued_for()
    {
        var first = await RevokeAsync(await IssueAsync(NewReservation("pump-1") with { CrlShard = 3 }), RevocationReason.Superseded);
        var second = await RevokeAsync(await IssueAsync(NewReservation("pump-2")), RevocationReason.Superseded);
        await RestartAsync();
        Assert.Equal([first.SerialNumber.ToOctets()], await SerialNumbersAsync(Third));
        Assert.Equal([second.SerialNumber.ToOctets()], await SerialNumbersAsync(new CrlScope("issuing")));
        Assert.True(await Database.Crls.HasUnexpiredAsync(Third, first.NotAfter, Ct));
        Assert.False(await Database.Crls.HasUnexpiredAsync(Third, first.NotAfter.AddMilliseconds(1), Ct));
        Assert.False(await Database.Crls.HasUnexpiredAsync(new CrlScope("issuing", 4), DateTimeOffset.UnixEpoch, Ct));
    }

    [Fact]
    public async Task What_has_changed_since_is_known_exactly_whatever_the_clock_does()
    {
        var held = await HoldAsync(await IssueAsync(NewReservation("pump-1") with { CrlShard = 3 }));
        var revoked = await RevokeAsync(await IssueAsync(NewReservation("pump-2") with { CrlShard = 3 }), RevocationReason.Superseded);
        var elsewhere = await IssueAsync(NewReservation("pump-3"));
        var since = await Database.Crls.ReadSequenceAsync(Ct);
        Assert.Equal((await AuditAsync())[^1].Sequence, since);
        Assert.False(await Database.Crls.HasChangedAsync(Third, since, Ct));
        await RevokeAsync(elsewhere, RevocationReason.Superseded);
        Assert.False(await Database.Crls.HasChangedAsync(Third, since, Ct));

        Now = Now.AddHours(-1);
        Value(await Database.Revocations.ReleaseAsync(held.SerialNumber, Admin, Now, Ct));
        var worse = await RevokeAsync(revoked, RevocationReason.KeyCompromise);
        Assert.True(await Database.Crls.HasChangedAsync(Third, since, Ct));
        var at = Now.AddDays(1);
        var changed = await Database.Crls.ReadChangedAsync(Third, since, at, Ct).ToListAsync(Ct);
        Assert.Equal([held.SerialNumber.ToOctets(), worse.SerialNumber.ToOctets()], changed.Select(entry => entry.SerialNumber));
        Assert.Equal((true, at), (changed[0].IsReleased, changed[0].RevokedAt));
        Assert.Equal((false, RevocationReason.KeyCompromise), (changed[1].IsReleased, changed[1].Reason));

        // The same reason again changes nothing.
        since = await Database.Crls.ReadSequenceAsync(Ct);
        await RevokeAsync(worse, RevocationReason.KeyCompromise);
        Assert.False(await Database.Crls.HasChangedAsync(Third, since, Ct));
    }

    [Fact]
    public async Task Shards_and_all_their_addresses_stay_on_record()
    {
        await Database.Crls.DeclareShardsAsync([new CrlShard(Third, ["http://b/3.crl"]), new CrlShard(new("issuing"), ["http://b/0.crl"])], Now, Ct);
        await Database.Crls.DeclareShardsAsync([new CrlShard(Third, ["http://b/3.crl", "http://a/3.crl"])], Now.AddDays(1), Ct);
        await Database.Crls.TryLeaseAsync(new CrlScope("issuing", 7), "node", Now, Now.AddSeconds(30), Ct);
        await RestartAsync();
        var shards = await Database.Crls.ReadShardsAsync("issuing", Ct);
        Assert.Equal([0, 3], shards.Select(shard => shard.Scope.Shard));
        Assert.Equal(["http://b/3.crl", "http://a/3.crl"], shards[1].Addresses);
        Assert.Empty(await Database.Crls.ReadShardsAsync("root", Ct));
    }

    [Fact]
    public async Task Of_several_nodes_one_has_the_lease_until_it_gives_it_back_or_its_time_is_over()
    {
        Assert.True(await LeaseAsync("a", 0));
        Assert.False(await LeaseAsync("b", 29));
        Assert.True(await LeaseAsync("a", 29));
        Assert.False(await LeaseAsync("b", 58));
        Assert.True(await LeaseAsync("b", 59));
        Assert.False(await LeaseAsync("a", 60));
        await Database.Crls.EndLeaseAsync(Third, "a", Ct); // not its own
        Assert.False(await LeaseAsync("a", 61));
        await Database.Crls.EndLeaseAsync(Third, "b", Ct);
        Assert.True(await LeaseAsync("a", 62));

        // A node whose clock is an hour ahead of the others'.
        Assert.True(await LeaseAsync("c", 3600));
        Assert.True(await LeaseAsync("a", 63));
    }

    [Fact]
    public async Task Numbers_are_of_a_shard_and_of_complete_and_delta_CRLs_together()
    {
        Assert.True(await Database.Crls.ReserveCrlAsync(NewCrl(5) with { Shard = 3, Sequence = 17, DistributionPoint = NewDigest() }, Ct));
        Assert.True(await Database.Crls.ReserveCrlAsync(NewCrl(5), Ct));
        var delta = NewCrl(6) with { Shard = 3, BaseNumber = 5, Sequence = 18 };
        Assert.True(await Database.Crls.ReserveCrlAsync(delta, Ct));
        Assert.False(await Database.Crls.ReserveCrlAsync(NewCrl(6) with { Shard = 3 }, Ct));
        Assert.Equal(new CrlRecord(delta, null), await Database.Crls.LastCrlAsync(Third, Ct));

        Assert.Empty(await Database.Crls.RecordedCrlsAsync(new CrlName(Third, IsDelta: true), Ct));
        var hash = NewDigest();
        Assert.True(await Database.Crls.RecordCrlAsync(delta, hash, Ct));
        Assert.Equal([new CrlRecord(delta, hash)], await Database.Crls.RecordedCrlsAsync(new CrlName(Third, IsDelta: true), Ct));
        Assert.Empty(await Database.Crls.RecordedCrlsAsync(new CrlName(Third), Ct));
        Assert.Equal($"issuing/3 6 {hash}", (await AuditAsync())[^1].Detail);
    }

    [Fact]
    public async Task A_CRL_is_not_recorded_after_one_with_a_higher_number_was()
    {
        var (lower, higher) = (NewCrl(5), NewCrl(6));
        Assert.True(await Database.Crls.ReserveCrlAsync(lower, Ct));
        Assert.True(await Database.Crls.ReserveCrlAsync(higher, Ct));
        Assert.True(await Database.Crls.RecordCrlAsync(higher, NewDigest(), Ct));
        Assert.False(await Database.Crls.RecordCrlAsync(lower, NewDigest(), Ct));
        Assert.Equal([higher], (await Database.Crls.RecordedCrlsAsync(new CrlName("issuing"), Ct)).Select(crl => crl.Reserved));
        Assert.Single(await AuditAsync());
    }

    [Fact]
    public async Task The_octets_of_a_CRL_are_kept_until_the_next_of_its_kind()
    {
        var (first, delta, second) = (NewCrl(5), NewCrl(6) with { BaseNumber = 5 }, NewCrl(7));
        foreach (var crl in (CrlReservation[])[first, delta, second])
        {
            Assert.True(await Database.Crls.ReserveCrlAsync(crl, Ct));
            for (var piece = 0; piece < 3; piece++) await Database.Crls.KeepPieceAsync(crl, piece, new[] { (byte)crl.Number, (byte)piece }, Ct);
            Assert.True(await Database.Crls.RecordCrlAsync(crl, NewDigest(), Ct));
        }

        Assert.Empty(await Database.Crls.ReadPiecesAsync(first, Ct).ToListAsync(Ct));
        Assert.Equal([[6, 0], [6, 1], [6, 2]], await Database.Crls.ReadPiecesAsync(delta, Ct).ToListAsync(Ct));
        Assert.Equal([[7, 0], [7, 1], [7, 2]], await Database.Crls.ReadPiecesAsync(second, Ct).ToListAsync(Ct));
    }

    [Fact]
    public async Task I_12_Numbers_of_CRLs_only_rise_and_mean_the_same_octets_on_two_nodes_that_are_killed_while_the_clock_goes_back()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("PROVISIONING_ROUNDS"), out var given) ? given : 12;
        using var authorities = TestAuthority.Directory();
        var seen = new Dictionary<(CrlName, long), Digest>();
        var last = new Dictionary<(string, CrlName), CrlStatus>();
        var time = new FakeTimeProvider(Start);
        await Database.Crls.DeclareShardsAsync([new CrlShard(Third, ["http://pki.example/crl/issuing/3.crl"])], Now, Ct);
        for (var round = 0; round < rounds; round++)
        {
            if (round == rounds / 2) time.StepClock(TimeSpan.FromHours(-1));
            time.Advance(TimeSpan.FromSeconds(5));
            await RevokeAsync(await IssueAsync(NewReservation($"pump-{round}") with { CrlShard = round % 2 * 3 }), RevocationReason.Superseded);
            using var kill = new CancellationTokenSource();
            var nodes = ((string[])["a", "b"]).Select(node => LoopAsync(node, authorities.Issuing, time, kill.Token)).ToList();
            for (var goal = seen.Count + 6; seen.Count < goal && !nodes.Exists(node => node.IsCompleted);)
            {
                foreach (var node in (string[])["a", "b"]) Watch(node, seen, last);
                await Task.Yield();
            }

            await kill.CancelAsync();
            await Task.WhenAll(nodes);
            foreach (var node in (string[])["a", "b"]) Watch(node, seen, last);
            await RestartAsync();
        }

        Assert.True(seen.Count >= 6 * rounds, $"Only {seen.Count} CRLs were seen.");
    }

    // Publishes as fast as it can until it is killed: at any await, so that reservations, pieces and staged files are left behind.
    private async Task LoopAsync(string node, Authority authority, TimeProvider time, CancellationToken kill)
    {
        var options = OptionsOf(node);
        var clock = new ClockGuard(time);
        if (await Database.Authorities.LatestTimeAsync(Ct) is { } latest) clock.Observe(latest);
        var published = new PublishedCrls(options, time);
        using var publisher = new CrlPublisher(Database.Crls, published, options, clock, time, NullLogger<CrlPublisher>.Instance);
        CrlName[] names = [new("issuing"), new(Third), new(new CrlScope("issuing"), IsDelta: true), new(Third, IsDelta: true)];
        foreach (var name in names) published.Load(authority, name);
        for (var i = 0; !kill.IsCancellationRequested; i++)
        {
            var name = names[i % names.Length];
            try
            {
                await publisher.TakeAsync(name, kill);
                await publisher.PublishAsync(authority, name, kill);
            }
            catch (OperationCanceledException)
            {
                // Killed.
            }
            catch (StorageUnavailableException)
            {
                // The other one was faster, three times: the next round.
            }
        }
    }

    private void Watch(string node, Dictionary<(CrlName, long), Digest> seen, Dictionary<(string, CrlName), CrlStatus> last)
    {
        foreach (var isDelta in (bool[])[false, true])
        {
            foreach (var scope in (CrlScope[])[new("issuing"), Third])
            {
                var name = new CrlName(scope, isDelta);
                var path = Path.Combine(OptionsOf(node).Directory, name.FileName);
                if (!File.Exists(path)) continue;
                var status = CrlFacts.TryRead(name, File.ReadAllBytes(path))?.Status;
                Assert.NotNull(status);
                Assert.Equal(status.Hash, seen.TryAdd((name, status.Number), status.Hash) ? status.Hash : seen[(name, status.Number)]);
                if (last.TryGetValue((node, name), out var before))
                {
                    Assert.True(status.Number >= before.Number, $"{name} went from {before.Number} to {status.Number}.");
                    Assert.True(status.ThisUpdate >= before.ThisUpdate, $"{name} went from {before.ThisUpdate} to {status.ThisUpdate}.");
                }

                last[(node, name)] = status;
            }
        }
    }

    private CrlOptions OptionsOf(string node) => new()
    {
        Directory = Path.Combine(DataDirectory, "crl-" + node),
        SuppliedDirectory = DataDirectory,
        HasDeltas = true,
    };

    private Task<bool> LeaseAsync(string owner, int second) =>
        Database.Crls.TryLeaseAsync(Third, owner, Now.AddSeconds(second), Now.AddSeconds(second + 30), Ct);

    private async Task<List<byte[]>> SerialNumbersAsync(CrlScope scope) =>
        [.. (await Database.Crls.ReadRevokedAsync(scope, Now, Ct).ToListAsync(Ct)).Select(entry => entry.SerialNumber)];
}
