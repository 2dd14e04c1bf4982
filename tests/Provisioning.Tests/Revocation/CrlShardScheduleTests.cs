using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

public sealed class CrlShardScheduleTests : IAsyncLifetime
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly PublicAddresses Addresses = new("pki.example", 80) { CrlShards = 3 };

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly List<CrlHouse> _houses = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var running in _running) await Task.WhenAny(running);
        _stop.Dispose();
        for (var i = _houses.Count - 1; i >= 0; i--) _houses[i].Dispose();
    }

    [Fact]
    public async Task A_revocation_in_a_shard_makes_its_CRL_and_the_full_one_anew_and_no_other()
    {
        var house = await StartAsync(options => options);
        Assert.Equal([1, 1, 1, 1], Counts(house));
        await RevokeAsync(house, shard: 2);
        await SignaledAsync(house);
        Assert.Equal([2, 1, 2, 1], Counts(house));
        Assert.Equal(1, house.Published.Find(CrlHouse.NameOf(2))!.Entries);
        Assert.Equal(1, house.Read().Entries);
    }

    [Fact]
    public async Task With_deltas_a_revocation_is_in_the_next_delta_and_complete_CRLs_keep_to_their_schedule()
    {
        var house = await StartAsync(options => options with { HasDeltas = true });
        Assert.Equal([2, 2, 2, 2], Counts(house)); // each with its delta
        await RevokeAsync(house, shard: 3);
        await SignaledAsync(house);
        Assert.Equal([3, 2, 2, 3], Counts(house));
        Assert.Equal(1, house.Published.Find(CrlHouse.NameOf(3, isDelta: true))!.Entries);
        Assert.Equal(0, house.Published.Find(CrlHouse.NameOf(3))!.Entries);
        Assert.Equal(1, house.Published.Find(CrlHouse.NameOf(0, isDelta: true))!.Entries);

        await PassAsync(house, 10);
        Assert.Equal([4, 3, 3, 4], Counts(house));
        await PassAsync(house, 50);
        Assert.Equal(1, house.Published.Find(CrlHouse.NameOf(3))!.Entries);
        Assert.True(house.Published.Find(CrlHouse.NameOf(3, isDelta: true))!.Number > house.Published.Find(CrlHouse.NameOf(3))!.Number);
        Assert.Empty(house.Published.FindStale(house.Time.GetUtcNow()));
    }

    [Fact]
    public async Task A_start_makes_only_those_CRLs_of_shards_that_are_due_or_miss_something()
    {
        var house = NewHouse(options => options);
        await CrlShardTests.DeclareAsync(house);
        foreach (var shard in (int[])[1, 2]) await house.PublishAsync(CrlHouse.NameOf(shard));
        await RevokeAsync(house, shard: 2);
        house.Restart();
        await RunAsync(house);
        Assert.Equal([1, 1, 2, 1], Counts(house));
    }

    [Fact]
    public async Task A_CRL_of_a_shard_that_was_recorded_and_never_shown_is_followed_by_one_that_is()
    {
        var house = NewHouse(options => options);
        await CrlShardTests.DeclareAsync(house);
        await house.PublishAsync(CrlHouse.NameOf(1));
        await RevokeAsync(house, shard: 1);
        house.Store.AfterPersisting = (what, _) =>
        {
            if (what == "record") throw new IOException("killed between the record and the file");
        };
        await Assert.ThrowsAsync<IOException>(() => house.PublishAsync(CrlHouse.NameOf(1)));
        house.Store.AfterPersisting = (_, _) => { };
        house.Restart();
        await RunAsync(house);
        Assert.Equal(1, house.Published.Find(CrlHouse.NameOf(1))!.Entries);
        Assert.Equal(1, house.ReadFacts(CrlHouse.NameOf(1)).Status.Entries);
    }

    [Fact]
    public async Task With_deltas_too_a_complete_CRL_of_a_shard_that_was_damaged_is_made_anew_at_once()
    {
        var house = NewHouse(options => options with { HasDeltas = true });
        await CrlShardTests.DeclareAsync(house);
        foreach (var isDelta in new[] { false, true }) await house.PublishAsync(CrlHouse.NameOf(1, isDelta));
        var before = house.ReadFacts(CrlHouse.NameOf(1)).Status;
        await File.WriteAllTextAsync(Path.Combine(house.Options.Directory, CrlHouse.NameOf(1).FileName), "damaged", Ct);
        house.Restart();
        await RunAsync(house);
        Assert.True(house.ReadFacts(CrlHouse.NameOf(1)).Status.Number > before.Number);
        Assert.Empty(house.Published.FindStale(house.Time.GetUtcNow()));
    }

    [Fact]
    public async Task After_the_service_has_got_another_address_the_CRL_of_a_shard_names_it_at_once_and_the_one_before_too()
    {
        var house = NewHouse(options => options);
        await CrlShardTests.DeclareAsync(house);
        foreach (var shard in (int[])[1, 2, 3]) await house.PublishAsync(CrlHouse.NameOf(shard));
        await house.Store.DeclareShardsAsync(
            [new CrlShard(CrlHouse.NameOf(2).Scope, ["http://other.example/crl/issuing/2.crl"])], house.Time.GetUtcNow(), Ct);
        house.Restart();
        await RunAsync(house);
        Assert.Equal([1, 1, 2, 1], Counts(house));
        var named = System.Text.Encoding.ASCII.GetString(house.ReadFacts(CrlHouse.NameOf(2)).DistributionPoint.Span);
        Assert.Contains("http://other.example/crl/issuing/2.crl", named, StringComparison.Ordinal);
        Assert.Contains("http://pki.example/", named, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_CRL_of_an_old_shard_is_made_until_its_last_certificate_was_on_one_from_after_its_expiry()
    {
        var house = NewHouse(options => options with { Addresses = new PublicAddresses("pki.example", 80) });
        await CrlShardTests.DeclareAsync(house);
        var row = CertificateRows.NewRow(notAfter: house.Time.GetUtcNow().AddHours(2));
        house.Store.Add(row, 1);
        await house.Store.RevokeAsync(row.SerialNumber, RevocationReason.Superseded, "alice", house.Time.GetUtcNow(), Ct);
        await RunAsync(house, loops: 3); // shards 2 and 3 are empty
        Assert.Equal([1, 1, 0, 0], Counts(house));
        Assert.Empty(house.Published.FindStale(house.Time.GetUtcNow()));

        house.Time.Advance(TimeSpan.FromDays(2));
        await house.Time.WhenArmedAsync(3, Tick);
        Assert.Equal(1, house.Published.Find(CrlHouse.NameOf(1))!.Entries);
        Assert.Equal(2, Counts(house)[1]);

        // Noticed when the next one is due, and not only by the next start.
        house.Time.Advance(house.Options.RefreshEvery);
        await house.Time.WhenArmedAsync(3, TimeSpan.FromDays(1));
        Assert.Equal([2, 0, 0], Counts(house)[1..]);
        Assert.DoesNotContain(house.Published.FindStale(house.Time.GetUtcNow().AddDays(1)), stale => stale.Scope.Shard != 0);
    }

    [Fact]
    public async Task Where_it_cannot_be_told_whether_a_shard_is_over_its_CRL_is_made()
    {
        var house = NewHouse(options => options with { Addresses = new PublicAddresses("pki.example", 80) });
        await CrlShardTests.DeclareAsync(house);
        house.Store.BeforePersisting = (what, _) =>
        {
            if (what == "unexpired") throw new StorageUnavailableException("it takes too long");
        };
        await RunAsync(house);
        Assert.Equal([1, 1, 1, 1], Counts(house));
    }

    [Fact]
    public async Task What_one_node_revokes_is_in_the_CRLs_of_all_with_the_same_octets()
    {
        var here = NewHouse(options => options);
        var there = NewHouse(options => options, here);
        here.Store.KeepsOctets = true;
        await CrlShardTests.DeclareAsync(here);
        foreach (var house in (CrlHouse[])[here, there]) _running.Add(house.Schedule.RunAsync(_stop.Token));
        await UntilAsync(here, () => AreSame(here, there));

        await RevokeAsync(here, shard: 1);
        await UntilAsync(here, () => AreSame(here, there) && Entries(there, 1) == 1 && Entries(there, 0) == 1);
        Assert.Equal(1, there.Read().Entries);

        // Without any signal, which another node cannot give.
        var row = CertificateRows.NewRow();
        here.Store.Add(row, 2);
        await here.Store.RevokeAsync(row.SerialNumber, RevocationReason.KeyCompromise, "alice", here.Time.GetUtcNow(), Ct);
        await UntilAsync(here, () => AreSame(here, there) && Entries(there, 2) == 1 && Entries(there, 0) == 2);
        Assert.Equal(2, here.Read().Entries);
        Assert.All(here.Store.Crls.GroupBy(crl => (crl.Reserved.Scope, crl.Reserved.Number)), same => Assert.Single(same));
    }

    private static int Entries(CrlHouse house, int shard) => house.Published.Find(CrlHouse.NameOf(shard))!.Entries;

    private static bool AreSame(CrlHouse here, CrlHouse there) => Enumerable.Range(0, 4).All(shard =>
        here.Published.Find(CrlHouse.NameOf(shard)) is { } one && one == there.Published.Find(CrlHouse.NameOf(shard))
        && here.ReadFacts(CrlHouse.NameOf(shard)).Status.Hash == there.ReadFacts(CrlHouse.NameOf(shard)).Status.Hash);

    // Time passes in small steps, and between them whoever was woken comes to rest: it waits for its next look again.
    private static async Task UntilAsync(CrlHouse house, Func<bool> happened)
    {
        for (var second = 0; !happened(); second++)
        {
            Assert.True(second < 300, "It did not happen within five minutes.");
            house.Time.Advance(TimeSpan.FromSeconds(1));
            for (var turn = 0; turn < 200 && !happened(); turn++) await Task.Yield();
            await Task.WhenAny(house.Time.WhenArmedAsync(8, Look), Task.Run(() => SpinWait.SpinUntil(happened, 50), Ct));
        }
    }

    private static int[] Counts(CrlHouse house) =>
        [.. Enumerable.Range(0, 4).Select(shard => house.Store.Crls.Count(crl => crl.Reserved.Scope == new CrlScope("issuing", shard)))];

    private CrlHouse NewHouse(Func<CrlOptions, CrlOptions> configure, CrlHouse? beside = null)
    {
        var house = new CrlHouse(configure: options => configure(options with { Addresses = Addresses }), beside: beside);
        _houses.Add(house);
        return house;
    }

    private async Task<CrlHouse> StartAsync(Func<CrlOptions, CrlOptions> configure)
    {
        var house = NewHouse(configure);
        await CrlShardTests.DeclareAsync(house);
        await RunAsync(house);
        return house;
    }

    // The root, the CRL without shards, and each shard wait for their next look.
    private async Task RunAsync(CrlHouse house, int loops = 5)
    {
        _running.Add(house.Schedule.RunAsync(_stop.Token));
        await house.Time.WhenArmedAsync(loops, Tick);
    }

    private static async Task SignaledAsync(CrlHouse house)
    {
        await house.Time.WhenArmedAsync(4, house.Options.Delay);
        house.Time.Advance(house.Options.Delay);
        await house.Time.WhenArmedAsync(5, Tick);
    }

    private static async Task PassAsync(CrlHouse house, int minutes)
    {
        for (var i = 0; i < 3 * minutes; i++)
        {
            house.Time.Advance(Tick);
            await house.Time.WhenArmedAsync(5, Tick);
        }
    }

    private static async Task RevokeAsync(CrlHouse house, int shard)
    {
        var row = CertificateRows.NewRow();
        house.Store.Add(row, shard);
        await house.Store.RevokeAsync(row.SerialNumber, RevocationReason.Superseded, "alice", house.Time.GetUtcNow(), Ct);
        house.Signal.Raise("issuing");
    }
}
