using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Core.Profiles;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Profiles;

/// <summary>What a start makes of the folder of profiles and of the registry.</summary>
public sealed class ProfileSeedTests
{
    private readonly MemoryProfiles _store = new();
    private readonly ProfileCatalog _catalog = MemoryProfiles.Catalog();
    private readonly ClockGuard _clock = new(TimeProvider.System);
    private readonly Profile _shipped = TestProfiles.Read("mqtt-client");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_start_takes_the_files_over_and_the_next_one_changes_nothing()
    {
        Assert.Empty(await StartAsync(_shipped));
        Assert.Empty(await StartAsync(_shipped));
        var version = Assert.Single(await VersionsAsync());
        Assert.Equal((ProfileOrigin.File, "service"), (version.Origin, version.Actor));
    }

    [Fact]
    public async Task A_changed_file_counts_where_nobody_has_saved_the_profile()
    {
        await StartAsync(_shipped);
        Assert.Contains("version 2", Assert.Single(await StartAsync(Changed("P10D"))), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromDays(10), _catalog["mqtt-client"].Lifetime);
    }

    [Fact]
    public async Task What_an_administrator_saved_counts_and_a_file_that_changed_later_is_told()
    {
        await StartAsync(_shipped);
        Assert.True((await SaveAsync(Changed("P20D").Definition)).TryGet(out _, out _));
        Assert.Empty(await StartAsync(_shipped));
        Assert.Contains("PUT it", Assert.Single(await StartAsync(Changed("P10D"))), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromDays(20), _catalog["mqtt-client"].Lifetime);
        Assert.Equal(2, (await VersionsAsync()).Count);

        // Taken over by hand, the two are the same again.
        Assert.True((await SaveAsync(Changed("P10D").Definition)).TryGet(out _, out _));
        Assert.Empty(await StartAsync(Changed("P10D")));
    }

    [Fact]
    public async Task A_deleted_profile_does_not_come_back_from_its_file()
    {
        await StartAsync(_shipped);
        var service = new ProfileService(_store, _catalog, new GroupCatalog(new MemoryRegistry()), _clock);
        Assert.True((await service.DeleteAsync(new Caller.Administrator("a"), "mqtt-client", null, Ct)).TryGet(out _, out _));
        Assert.Empty(await StartAsync(_shipped));
        Assert.Contains("deleted", Assert.Single(await StartAsync(Changed("P10D"))), StringComparison.Ordinal);
        Assert.Null(_catalog.Find("mqtt-client"));
    }

    [Fact]
    public async Task The_catalog_is_that_of_the_registry_after_a_restart()
    {
        await StartAsync(_shipped);
        await SaveAsync(Changed("P20D").Definition);
        await SaveAsync(_shipped.Definition with { Name = "other" });
        var restarted = MemoryProfiles.Catalog();
        Assert.Null(restarted.Find("other"));
        await new ProfileSeed(_store, restarted, _clock).RunAsync([_shipped], Ct);
        Assert.Equal(TimeSpan.FromDays(20), restarted["mqtt-client"].Lifetime);
        Assert.NotNull(restarted.Find("other"));
    }

    [Fact]
    public async Task A_deleted_profile_still_tells_of_its_certificates_and_plans_none()
    {
        await StartAsync(_shipped);
        var service = new ProfileService(_store, _catalog, new GroupCatalog(new MemoryRegistry()), _clock);
        await service.DeleteAsync(new Caller.Administrator("a"), "mqtt-client", null, Ct);
        Assert.Null(_catalog.Find("mqtt-client"));
        Assert.Equal("mqtt-client", _catalog["mqtt-client"].Name);
        Assert.DoesNotContain(_catalog.All, profile => profile.Name == "mqtt-client");
    }

    [Fact]
    public void An_older_version_never_takes_the_place_of_a_newer_one()
    {
        _catalog.Take([(Changed("P30D"), 3, false)]);
        _catalog.Take([(Changed("P20D"), 2, false)]);
        Assert.Equal(TimeSpan.FromDays(30), _catalog["mqtt-client"].Lifetime);
    }

    [Fact]
    public async Task Those_who_look_while_profiles_are_saved_see_one_whole_version()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(
            () =>
            {
                var last = 0d;
                while (!stop.IsCancellationRequested)
                {
                    var days = _catalog["mqtt-client"].Lifetime!.Value.TotalDays;
                    Assert.True(days >= last || days == 365);
                    if (days < 365) last = days;
                }
            }, Ct)).ToArray();
        for (var version = 1; version <= 300; version++) _catalog.Take([(Changed($"P{version}D"), version, false)]);
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(300, _catalog["mqtt-client"].Lifetime!.Value.TotalDays);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_nobody_knows_to_be_saved_is_looked_up_before_anything_is_said_of_it(bool wasSaved)
    {
        await StartAsync(_shipped);
        var service = new ProfileService(new ForgetfulStore(_store, wasSaved), _catalog, new GroupCatalog(new MemoryRegistry()), _clock);
        var changed = Changed("P20D").Definition;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => service.SaveAsync(new Caller.Administrator("a"), "mqtt-client", changed, 1, Ct));
        Assert.Equal(wasSaved ? 2 : 1, (await service.FindAsync("mqtt-client", Ct))!.Version);
        Assert.Equal(TimeSpan.FromDays(wasSaved ? 20 : 365), _catalog["mqtt-client"].Lifetime);
    }

    private Profile Changed(string lifetime) => TestProfiles.Make(_shipped.Definition with { Lifetime = lifetime });

    private Task<IReadOnlyList<string>> StartAsync(Profile file) => new ProfileSeed(_store, _catalog, _clock).RunAsync([file], Ct);

    private Task<Outcome<ProfileVersion>> SaveAsync(ProfileDefinition definition) =>
        new ProfileService(_store, _catalog, new GroupCatalog(new MemoryRegistry()), _clock).SaveAsync(new Caller.Administrator("a"), definition.Name, definition, null, Ct);

    private async Task<IReadOnlyList<ProfileVersion>> VersionsAsync() => (await _store.ListVersionsAsync("mqtt-client", 100, null, Ct)).Items;

    /// <summary>A database that goes away after, or before, it has added a version.</summary>
    private sealed class ForgetfulStore(IProfileStore store, bool after) : IProfileStore
    {
        public async Task<Outcome<ProfileVersion>> AddVersionAsync(ProfileVersion draft, long? expected, CancellationToken ct)
        {
            if (after) await store.AddVersionAsync(draft, expected, ct);
            throw new StorageUnavailableException("gone") { OutcomeUnknown = true };
        }

        public Task<IReadOnlyList<ProfileVersion>> ListProfilesAsync(CancellationToken ct) => store.ListProfilesAsync(ct);

        public ValueTask<ProfileVersion?> FindProfileAsync(string name, CancellationToken ct) => store.FindProfileAsync(name, ct);

        public ValueTask<ProfileVersion?> FindSeedAsync(string name, CancellationToken ct) => store.FindSeedAsync(name, ct);

        public Task<Page<ProfileVersion>> ListVersionsAsync(string name, int limit, Cursor? cursor, CancellationToken ct) =>
            store.ListVersionsAsync(name, limit, cursor, ct);
    }
}
