using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;

namespace Provisioning.Core.Certificates;

/// <summary>Reads profiles from their data files. An unknown field, a wrong type or a contradiction is refused by name.</summary>
public static class ProfileReader
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 8,
    };

    private static readonly FrozenDictionary<string, string> Purposes = new Dictionary<string, string>
    {
        ["serverAuth"] = "1.3.6.1.5.5.7.3.1",
        ["clientAuth"] = "1.3.6.1.5.5.7.3.2",
        ["documentSigning"] = Oids.DocumentSigning,
    }.ToFrozenDictionary();

    /// <summary>The name of the profile of the key that signs reports.</summary>
    public const string ReportProfile = "report";

    // What this service issues by name, and to whom.
    private static readonly (string Name, HolderKind Holder)[] Fixed =
    [
        ("root", HolderKind.Authority), ("issuing", HolderKind.Authority), ("service", HolderKind.Service),
        ("registrar", HolderKind.Registrar), ("administrator", HolderKind.Administrator), ("device", HolderKind.Device),
        (ReportProfile, HolderKind.Service),
    ];

    /// <summary>Reads all profiles of a folder. The seven that the service itself uses must be there, each for its holder.</summary>
    /// <param name="folder">Holds <c>*.json</c>, one profile each, named as the profile is.</param>
    /// <returns>The profiles by name.</returns>
    /// <exception cref="InvalidDataException">One is missing or cannot be used; the message names the file, and the field.</exception>
    public static FrozenDictionary<string, Profile> ReadFolder(string folder)
    {
        var profiles = Directory.EnumerateFiles(folder, "*.json").Select(ReadFile).ToFrozenDictionary(profile => profile.Name);
        foreach (var (name, holder) in Fixed)
        {
            var file = Path.Combine(folder, name + ".json");
            if (!profiles.TryGetValue(name, out var profile))
                throw new InvalidDataException($"The profile '{file}' is missing.");
            if (profile.Holder != holder)
                throw new InvalidDataException($"{file}: the field 'holder' is '{profile.Holder}', and must be '{holder}'.");
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
            var data = JsonSerializer.Deserialize<ProfileData>(json, Options)
                ?? throw new InvalidDataException("The file is empty.");
            return data.Name == name
                ? Build(data)
                : throw new InvalidDataException($"The name inside is '{data.Name}'.");
        }
        catch (Exception problem) when (problem is JsonException or InvalidDataException)
        {
            throw new InvalidDataException($"Profile '{name}': {problem.Message}", problem);
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

    private static Profile Build(ProfileData data)
    {
        var profile = new Profile
        {
            Name = data.Name,
            Holder = ParseEnum<HolderKind>("holder", data.Holder),
            CommonName = data.CommonName,
            AlternativeNames = [.. data.AlternativeNames.Select(ToName)],
            KeyAlgorithms = data.KeyAlgorithms.Select(name => ParseEnum<KeyAlgorithm>("keyAlgorithms", name)).ToFrozenSet(),
            KeyUsage = data.KeyUsage.Select(name => ParseEnum<KeyUsages>("keyUsage", name))
                .Aggregate(KeyUsages.None, (all, one) => all | one),
            ExtendedKeyUsages = [.. data.ExtendedKeyUsage.Select(ToPurpose)],
            PathLength = data.PathLength,
            Lifetime = ParseDuration("lifetime", data.Lifetime),
            Backdating = ParseDuration("backdating", data.Backdating),
            RenewAfter = data.RenewAfter,
            RenewBefore = data.RenewBefore,
        };
        Check(profile);
        return profile;
    }

    private static void Check(Profile profile)
    {
        var signs = profile.KeyUsage.HasFlag(KeyUsages.KeyCertSign);
        Require(profile.KeyAlgorithms.Count > 0, "keyAlgorithms is empty.");
        Require(profile.KeyUsage != KeyUsages.None, "keyUsage is empty; when present at least one bit is set (RFC 5280 §4.2.1.3).");
        Require(signs == profile.IsAuthority, "keyCertSign and pathLength go together (RFC 5280 §4.2.1.9).");
        Require(profile.IsAuthority == (profile.Holder == HolderKind.Authority), "only the holder 'authority' has a pathLength, and it must have one.");
        Require(profile.IsAuthority || profile.ExtendedKeyUsages.Count > 0, "an end entity needs an extendedKeyUsage.");
        Require(profile.Lifetime > TimeSpan.FromMinutes(1), "the lifetime is shorter than a minute.");
        Require(profile.Backdating >= TimeSpan.Zero && profile.Backdating < profile.Lifetime, "the backdating is out of range.");
        Require(profile.RenewAfter is > 0 and < 1, "renewAfter is a part of the lifetime, between 0 and 1.");
        Require(profile.RenewBefore > profile.RenewAfter && profile.RenewBefore <= 1, "renewBefore comes after renewAfter.");
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition) throw new InvalidDataException(otherwise);
    }

    private static GeneralName ToName(NameData name) => name switch
    {
        { Dns: { } dns } => new GeneralName.Dns(dns),
        { Ip: { } ip } => new GeneralName.Ip(ip),
        { Uri: { } uri } => new GeneralName.Uri(uri),
        { PermanentIdentifier: { } id } => new GeneralName.PermanentIdentifier(id),
        _ => throw new InvalidDataException("alternativeNames: a name is one of dns, ip, uri, permanentIdentifier."),
    };

    private static string ToPurpose(string name) => Purposes.TryGetValue(name, out var oid)
        ? oid
        : throw new InvalidDataException($"extendedKeyUsage: '{name}' is no known one.");

    private static TimeSpan ParseDuration(string field, string text)
    {
        try
        {
            return XmlConvert.ToTimeSpan(text);
        }
        catch (Exception problem) when (problem is FormatException or OverflowException)
        {
            throw new InvalidDataException($"{field}: '{text}' is no ISO 8601 duration, such as P365D or PT1H.", problem);
        }
    }

    private static T ParseEnum<T>(string field, string text)
        where T : struct, Enum =>
        Enum.TryParse<T>(text, ignoreCase: true, out var value) && char.IsAsciiLetter(text[0]) && !text.Contains(',', StringComparison.Ordinal)
            ? value
            : throw new InvalidDataException($"{field}: '{text}' is none of {string.Join(", ", Enum.GetNames<T>())}.");

    private sealed record ProfileData(
        string Name,
        string Holder,
        string CommonName,
        IReadOnlyList<NameData> AlternativeNames,
        IReadOnlyList<string> KeyAlgorithms,
        IReadOnlyList<string> KeyUsage,
        IReadOnlyList<string> ExtendedKeyUsage,
        string Lifetime,
        string Backdating,
        double RenewAfter,
        double RenewBefore,
        int? PathLength = null,
        string? Description = null);

    private sealed record NameData(
        string? Dns = null, string? Ip = null, string? Uri = null, string? PermanentIdentifier = null);
}
