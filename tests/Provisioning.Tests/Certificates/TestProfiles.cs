using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Certificates;

/// <summary>Profiles of the repository, and small changes to them.</summary>
internal static class TestProfiles
{
    internal static string Folder { get; } = Path.Combine(Repository.Root, "pki", "profiles");

    internal static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order();

    internal static Profile Read(string name) => ProfileReader.Read(name, File.ReadAllBytes(Path.Combine(Folder, name + ".json")));

    internal static ProfileDefinition Definition(string name = "device") => Read(name).Definition;

    /// <summary>The profile <c>device</c> with other names.</summary>
    internal static ProfileDefinition Named(IReadOnlyList<SubjectDefinition> subject, params AlternativeNameDefinition[] names) =>
        Definition() with { Name = "test", Subject = subject, AlternativeNames = names };

    /// <summary>A profile with one alternative name beside the common name.</summary>
    internal static ProfileDefinition With(params AlternativeNameDefinition[] names) => Named([new() { CommonName = "${deviceId}" }], names);

    internal static Profile Make(ProfileDefinition definition)
    {
        var profile = ProfileReader.Make(definition, out var defect);
        Assert.True(profile is not null, $"{defect.Field} {defect.Detail}");
        return profile;
    }

    internal static ProfileDefect Defect(ProfileDefinition definition)
    {
        Assert.Null(ProfileReader.Make(definition, out var defect));
        return defect;
    }
}
