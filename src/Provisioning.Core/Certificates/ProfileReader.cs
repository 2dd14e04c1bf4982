using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Provisioning.Core.Certificates;

/// <summary>
/// Reads profiles from their data. An unknown field, a wrong type, a contradiction, or a content that could make a certificate
/// that breaks a rule is refused, with the field that is meant.
/// </summary>
public static class ProfileReader
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 8,
    };

    /// <summary>Reads all profiles of a folder. The six that the service itself uses must be there, each for its holder.</summary>
    /// <param name="folder">Holds <c>*.json</c>, one profile each, named as the profile is.</param>
    /// <returns>The profiles.</returns>
    /// <exception cref="InvalidDataException">One is missing or cannot be used; the message names the file, and the field.</exception>
    public static IReadOnlyList<Profile> ReadFolder(string folder)
    {
        var profiles = Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(ReadFile).ToList();
        foreach (var name in FixedProfiles.Names)
        {
            if (!profiles.Any(profile => profile.Name == name))
                throw new InvalidDataException($"The profile '{Path.Combine(folder, name + ".json")}' is missing.");
        }

        return profiles;
    }

    /// <summary>Reads one profile.</summary>
    /// <param name="name">The name that it must carry.</param>
    /// <param name="json">Its data.</param>
    /// <returns>The profile.</returns>
    /// <exception cref="InvalidDataException">It cannot be used; the message says why.</exception>
    public static Profile Read(string name, ReadOnlySpan<byte> json)
    {
        try
        {
            var definition = JsonSerializer.Deserialize<ProfileDefinition>(json, Options)
                ?? throw new InvalidDataException($"Profile '{name}': the file is empty.");
            if (definition.Name != name) throw new InvalidDataException($"Profile '{name}': the name inside is '{definition.Name}'.");
            return Make(definition, out var defect)
                ?? throw new InvalidDataException($"Profile '{name}': {defect.Field.TrimStart('/')}: {defect.Detail}");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"Profile '{name}': {problem.Message}", problem);
        }
    }

    /// <summary>Makes a profile, and plans a certificate of every kind that it can give, to see that all of them are sound.</summary>
    /// <param name="definition">Its data.</param>
    /// <param name="defect">What is wrong, when the result is null.</param>
    /// <returns>The profile, or null.</returns>
    public static Profile? Make(ProfileDefinition definition, out ProfileDefect defect)
    {
        try
        {
            var profile = ProfileBuilder.Build(definition);
            ProfileCheck.Check(profile);
            defect = new ProfileDefect("", "");
            return profile;
        }
        catch (ProfileDefectException problem)
        {
            defect = problem.Defect;
            return null;
        }
    }

    /// <summary>Writes the data of a profile in the one way in which it is stored and compared.</summary>
    /// <param name="definition">The data.</param>
    /// <returns>JSON without white space and without what is not said.</returns>
    public static string Write(ProfileDefinition definition) => JsonSerializer.Serialize(definition, Options);

    /// <summary>Reads what <see cref="Write"/> gave.</summary>
    /// <param name="json">The text.</param>
    /// <returns>The data.</returns>
    /// <exception cref="JsonException">It is something else.</exception>
    public static ProfileDefinition Parse(string json) => JsonSerializer.Deserialize<ProfileDefinition>(json, Options)!;

    /// <summary>Makes a profile from what is on record. It was sound when it was saved; each certificate is linted again.</summary>
    /// <param name="json">As <see cref="Write"/> gave it.</param>
    /// <param name="defect">What a stricter version of this service finds in it, or null.</param>
    /// <returns>The profile.</returns>
    /// <exception cref="InvalidDataException">It cannot be used at all.</exception>
    internal static Profile FromRecord(string json, out ProfileDefect? defect)
    {
        try
        {
            var definition = Parse(json);
            defect = Make(definition, out var found) is null ? found : null;
            return ProfileBuilder.Build(definition);
        }
        catch (Exception problem) when (problem is JsonException or ProfileDefectException)
        {
            throw new InvalidDataException("A profile on record cannot be used: " + problem.Message, problem);
        }
    }

    private static Profile ReadFile(string file)
    {
        try
        {
            return Read(Path.GetFileNameWithoutExtension(file), File.ReadAllBytes(file));
        }
        catch (InvalidDataException problem)
        {
            throw new InvalidDataException($"{file}: {problem.Message}", problem);
        }
    }
}
