using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Profiles;

namespace Provisioning.Tests.Storage;

/// <summary>The versions of profiles.</summary>
public abstract partial class StorageContract
{
    private IProfileStore Profiles => Database.Profiles;

    [Fact]
    public async Task Every_version_of_a_profile_is_kept_and_the_last_one_counts()
    {
        Assert.Empty(await Profiles.ListProfilesAsync(Ct));
        Assert.Null(await Profiles.FindProfileAsync("b", Ct));
        Assert.Equal(1, Value(await SaveAsync("b", "{}", 0)).Version);
        Assert.Equal(1, Value(await SaveAsync("a", "{}", 0)).Version);
        Assert.Equal(2, Value(await SaveAsync("b", """{"x":"ü"}""", 1)).Version);

        Assert.Equal([("a", 1L), ("b", 2L)], (await Profiles.ListProfilesAsync(Ct)).Select(one => (one.Name, one.Version)));
        var last = await Profiles.FindProfileAsync("b", Ct);
        Assert.Equal(Draft("b", """{"x":"ü"}""") with { Version = 2 }, last);

        var page = await Profiles.ListVersionsAsync("b", 1, null, Ct);
        Assert.Equal(2, Assert.Single(page.Items).Version);
        page = await Profiles.ListVersionsAsync("b", 1, page.NextCursor, Ct);
        Assert.Equal("{}", Assert.Single(page.Items).Definition);
        Assert.Null(page.NextCursor);
        Assert.Empty((await Profiles.ListVersionsAsync("c", 1, null, Ct)).Items);
    }

    [Fact]
    public async Task A_version_is_added_only_to_the_one_that_was_seen()
    {
        Value(await SaveAsync("a", "{}", 0));
        foreach (var wrong in new long[] { 0, 2, -1 })
            Assert.Equal(RefusalCode.PreconditionFailed, Code(await SaveAsync("a", "{}", wrong)));
        Assert.Equal(RefusalCode.PreconditionFailed, Code(await SaveAsync("b", "{}", 1)));
        Assert.Single(await Profiles.ListProfilesAsync(Ct));
        Assert.Equal(2, Value(await SaveAsync("a", "{}", null)).Version);

        var all = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => SaveAsync("a", "{}", 2)));
        Assert.Equal(3, Value(Assert.Single(all, outcome => outcome is Outcome<ProfileVersion>.Success)).Version);
    }

    [Fact]
    public async Task A_deleted_profile_is_as_none_and_its_versions_go_on()
    {
        Value(await SaveAsync("a", "{}", 0));
        Value(await Profiles.AddVersionAsync(Draft("a", "{}") with { IsDeleted = true }, 1, Ct));
        Assert.True((await Profiles.FindProfileAsync("a", Ct))!.IsDeleted);
        Assert.Equal(RefusalCode.PreconditionFailed, Code(await SaveAsync("a", "{}", 2)));
        Assert.Equal(3, Value(await SaveAsync("a", "{}", 0)).Version);
        Assert.Equal(3, (await Profiles.ListVersionsAsync("a", 10, null, Ct)).Items.Count);
    }

    [Fact]
    public async Task What_came_from_a_file_is_found_behind_what_an_administrator_saved()
    {
        Value(await Profiles.AddVersionAsync(Draft("a", "1") with { Origin = ProfileOrigin.File }, 0, Ct));
        Value(await SaveAsync("a", "2", 1));
        Assert.Equal("1", (await Profiles.FindSeedAsync("a", Ct))!.Definition);
        Assert.Null(await Profiles.FindSeedAsync("b", Ct));
    }

    [Fact]
    public async Task Every_change_of_a_profile_is_in_the_audit_chain()
    {
        Value(await SaveAsync("a", "{}", 0));
        Assert.Equal(RefusalCode.PreconditionFailed, Code(await SaveAsync("a", "{}", 0)));
        Value(await Profiles.AddVersionAsync(Draft("a", "{}") with { IsDeleted = true }, null, Ct));
        var hash = Digest.Of("{}"u8);
        Assert.Equal(
            [(AuditActions.ProfileSaved, $"a 1 {hash}"), (AuditActions.ProfileDeleted, $"a 2 {hash}")],
            (await AuditAsync()).Select(entry => (entry.Action, entry.Detail!)));
        Assert.All(await AuditAsync(), entry => Assert.Equal(("administrator:admin", Now), (entry.Actor, entry.At)));
    }

    [Theory]
    [InlineData("UPDATE profiles SET definition = '{}'")]
    [InlineData("DELETE FROM profiles")]
    public async Task No_statement_changes_a_version_of_a_profile(string sql)
    {
        Value(await SaveAsync("a", """{"a":1}""", 0));
        await Assert.ThrowsAnyAsync<Exception>(() => WriteAsync(sql));
        Assert.Equal("""{"a":1}""", (await Profiles.FindProfileAsync("a", Ct))!.Definition);
    }

    private Task<Outcome<ProfileVersion>> SaveAsync(string name, string definition, long? expected) =>
        Profiles.AddVersionAsync(Draft(name, definition), expected, Ct);

    private ProfileVersion Draft(string name, string definition) => new()
    {
        Name = name,
        Version = 0,
        Definition = definition,
        Origin = ProfileOrigin.Administrator,
        IsDeleted = false,
        At = Now,
        Actor = "administrator:admin",
    };
}
