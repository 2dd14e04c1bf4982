using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Profiles;

namespace Provisioning.Tests.Rest;

/// <summary>The versions of profiles in memory, with the refusals of the real store.</summary>
internal sealed class MemoryProfiles : IProfileStore
{
    private readonly Lock _gate = new();
    private readonly List<ProfileVersion> _versions = [];

    internal static ProfileCatalog Catalog() => new(ProfileReader.ReadFolder(Path.Combine(Repository.Root, "pki", "profiles")));

    public Task<Outcome<ProfileVersion>> AddVersionAsync(ProfileVersion draft, long? expected, CancellationToken ct)
    {
        lock (_gate)
        {
            var last = Last(draft.Name);
            var seen = last is { IsDeleted: false } ? last.Version : 0;
            if (expected is { } wanted && wanted != seen)
                return Task.FromResult<Outcome<ProfileVersion>>(new Refusal(RefusalCode.PreconditionFailed, $"Version {seen}."));
            var saved = draft with { Version = (last?.Version ?? 0) + 1 };
            _versions.Add(saved);
            return Task.FromResult<Outcome<ProfileVersion>>(saved);
        }
    }

    public Task<IReadOnlyList<ProfileVersion>> ListProfilesAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<ProfileVersion>>(
                [.. _versions.Select(version => version.Name).Distinct().Order(StringComparer.Ordinal).Select(name => Last(name)!)]);
        }
    }

    public ValueTask<ProfileVersion?> FindProfileAsync(string name, CancellationToken ct)
    {
        lock (_gate) return ValueTask.FromResult(Last(name));
    }

    public ValueTask<ProfileVersion?> FindSeedAsync(string name, CancellationToken ct)
    {
        lock (_gate) return ValueTask.FromResult(_versions.LastOrDefault(version => version.Name == name && version.Origin == ProfileOrigin.File));
    }

    public Task<Page<ProfileVersion>> ListVersionsAsync(string name, int limit, Cursor? cursor, CancellationToken ct)
    {
        lock (_gate)
        {
            var rows = _versions.Where(version => version.Name == name && version.Version < (cursor?.Number ?? long.MaxValue))
                .Reverse().Take(limit + 1).ToList();
            var next = rows.Count > limit ? new Cursor(rows[limit - 1].Version, "") : (Cursor?)null;
            return Task.FromResult(new Page<ProfileVersion>([.. rows.Take(limit)], next));
        }
    }

    private ProfileVersion? Last(string name) => _versions.LastOrDefault(version => version.Name == name);
}
