using System.Collections.Frozen;
using System.Xml;
using Provisioning.Core.Certificates.Naming;

namespace Provisioning.Core.Certificates;

/// <summary>Makes a profile from its data, and refuses what does not belong together. What it would issue is not looked at yet.</summary>
internal static class ProfileBuilder
{
    /// <summary>The only <c>notAfter</c> that a profile can say (RFC 5280 §4.1.2.5).</summary>
    internal const string NoEnd = "99991231235959Z";

    private const int MaxNameLength = 32;
    private const int MaxDescriptionLength = 256;
    private const int MaxEntries = 16;
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(36525);
    private static readonly TimeSpan LongestBackdating = TimeSpan.FromDays(366);

    /// <exception cref="ProfileDefectException">It cannot be used.</exception>
    internal static Profile Build(ProfileDefinition data)
    {
        CheckName(data);
        var profile = new Profile
        {
            Definition = data,
            Name = data.Name,
            Holder = ParseEnum<HolderKind>("/holder", data.Holder),
            Subject = NameTemplates.Subject(data.Subject),
            AlternativeNames = NameTemplates.AlternativeNames(data.AlternativeNames),
            IgnoresRequestedNames = Ignores("/requestedNames", data.RequestedNames),
            KeyAlgorithms = data.KeyAlgorithms.Select((name, i) => ParseEnum<KeyAlgorithm>($"/keyAlgorithms/{i}", name)).ToFrozenSet(),
            KeyUsage = ParseUsages("/keyUsage", data.KeyUsage),
            RsaKeyUsage = ParseUsages("/rsaKeyUsage", data.RsaKeyUsage ?? []),
            IgnoresRequestedKeyUsage = Ignores("/requestedKeyUsage", data.RequestedKeyUsage),
            ExtendedKeyUsages = ParsePurposes(data.ExtendedKeyUsage),
            Policies = ParsePolicies(data.CertificatePolicies ?? []),
            PathLength = data.PathLength,
            Lifetime = data.Lifetime is { } lifetime ? ParseDuration("/lifetime", lifetime) : null,
            OutlivesIssuer = data.OutlivesIssuer ?? false,
            Backdating = ParseDuration("/backdating", data.Backdating),
            RenewAfter = data.RenewAfter ?? 0.6,
            RenewBefore = data.RenewBefore ?? 0.9,
        };
        CheckWhole(profile, data);
        return profile;
    }

    internal static void Require(bool condition, string pointer, string otherwise)
    {
        if (!condition) throw new ProfileDefectException(pointer, otherwise);
    }

    private static void CheckName(ProfileDefinition data)
    {
        var isGood = data.Name.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterLower(data.Name[0])
            && data.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
        Require(isGood, "/name", $"a name is 1 to {MaxNameLength} of a-z 0-9 - and starts with a letter.");
        Require(
            data.Description is not { } text || NameSyntax.CheckText(text, MaxDescriptionLength) is null,
            "/description", $"the description is longer than {MaxDescriptionLength} or holds characters that cannot be printed.");
    }

    private static void CheckWhole(Profile profile, ProfileDefinition data)
    {
        if (FixedProfiles.HolderOf(profile.Name) is { } holder && holder != profile.Holder)
            throw new ProfileDefectException("/holder", $"the field 'holder' is '{profile.Holder}', and must be '{holder}'.");
        Require(profile.KeyAlgorithms.Count > 0, "/keyAlgorithms", "the list is empty.");
        Require(profile.KeyUsage != KeyUsages.None, "/keyUsage", "the list is empty; when present at least one bit is set (RFC 5280 §4.2.1.3).");
        Require(
            profile.KeyUsage.HasFlag(KeyUsages.KeyCertSign) == profile.IsAuthority,
            "/pathLength", "keyCertSign and pathLength go together (RFC 5280 §4.2.1.9).");
        Require(
            profile.IsAuthority == (profile.Holder == HolderKind.Authority),
            "/pathLength", "only the holder 'authority' has a pathLength, and it must have one.");
        Require(profile.PathLength is null or >= 0 and <= 8, "/pathLength", "it is 0 to 8.");
        Require(profile.IsAuthority || profile.ExtendedKeyUsages.Count > 0, "/extendedKeyUsage", "an end entity needs one at least.");
        Require(
            profile.Holder == HolderKind.Service || !profile.ExtendedKeyUsages.Contains(Oids.OcspSigning),
            "/extendedKeyUsage", "whoever holds OCSPSigning answers for the authority (RFC 6960 §4.2.2.2): only the service may.");
        Require(
            profile.Subject.Any(name => !name.IsOptional) || profile.AlternativeNames.Any(name => !name.IsOptional),
            "/subject", "one attribute or alternative name at least is not optional: a certificate has a name (RFC 5280 §4.1.2.6).");
        CheckTimes(profile, data);
    }

    private static void CheckTimes(Profile profile, ProfileDefinition data)
    {
        Require((data.Lifetime is null) != (data.NotAfter is null), "/lifetime", "there is either a lifetime or a notAfter.");
        Require(
            data.NotAfter is null or NoEnd, "/notAfter", $"the only one is {NoEnd}, for no well-defined end (RFC 5280 §4.1.2.5).");
        Require(data.NotAfter is null || !profile.IsAuthority, "/notAfter", "an authority ends.");
        Require(!profile.OutlivesIssuer || data.NotAfter is not null, "/outlivesIssuer", "only a certificate without an end outlives its issuer.");
        if (profile.Lifetime is { } lifetime)
        {
            Require(lifetime > TimeSpan.FromMinutes(1), "/lifetime", "the lifetime is shorter than a minute.");
            Require(lifetime <= LongestLifetime, "/lifetime", "the lifetime is longer than 100 years; say notAfter for none.");
            Require(profile.Backdating < lifetime, "/backdating", "the backdating is longer than the lifetime.");
        }

        Require(profile.Backdating >= TimeSpan.Zero && profile.Backdating <= LongestBackdating, "/backdating", "the backdating is 0 to 366 days.");
        Require(profile.RenewAfter is > 0 and < 1, "/renewAfter", "it is a part of the lifetime, between 0 and 1.");
        Require(profile.RenewBefore > profile.RenewAfter && profile.RenewBefore <= 1, "/renewBefore", "it comes after renewAfter, and is 1 at most.");
    }

    private static bool Ignores(string pointer, string? word) => word switch
    {
        null or "refuse" => false,
        "ignore" => true,
        _ => throw new ProfileDefectException(pointer, $"'{word}' is neither 'refuse' nor 'ignore'."),
    };

    private static KeyUsages ParseUsages(string pointer, IReadOnlyList<string> names)
    {
        var usages = KeyUsages.None;
        for (var i = 0; i < names.Count; i++)
        {
            // The older name of the bit, which most tools still use.
            usages |= names[i] == "nonRepudiation" ? KeyUsages.ContentCommitment : ParseEnum<KeyUsages>($"{pointer}/{i}", names[i]);
        }

        return usages;
    }

    private static List<string> ParsePurposes(IReadOnlyList<string> names)
    {
        Require(names.Count <= MaxEntries, "/extendedKeyUsage", $"at most {MaxEntries} are taken.");
        return [.. names.Select((name, i) => Purposes.Find(name ?? "") ?? CheckOid($"/extendedKeyUsage/{i}", name ?? ""))];
    }

    private static List<CertificatePolicy> ParsePolicies(IReadOnlyList<PolicyDefinition> policies)
    {
        Require(policies.Count <= MaxEntries, "/certificatePolicies", $"at most {MaxEntries} are taken.");
        return [.. policies.Select((policy, i) => ParsePolicy($"/certificatePolicies/{i}", policy))];
    }

    private static CertificatePolicy ParsePolicy(string pointer, PolicyDefinition? policy)
    {
        if (policy is null) throw new ProfileDefectException(pointer, "it is null.");
        if (policy.Cps is { } cps && NameSyntax.CheckUri(cps) is { } problem) throw new ProfileDefectException(pointer + "/cps", $"it {problem}.");
        return new CertificatePolicy(CheckOid(pointer + "/oid", policy.Oid), policy.Cps);
    }

    internal static string CheckOid(string pointer, string text) => NameSyntax.IsOid(text)
        ? text
        : throw new ProfileDefectException(pointer, $"'{text}' is no known name and no dotted OID.");

    private static TimeSpan ParseDuration(string pointer, string text)
    {
        try
        {
            return XmlConvert.ToTimeSpan(text);
        }
        catch (Exception problem) when (problem is FormatException or OverflowException)
        {
            throw new ProfileDefectException(pointer, $"'{text}' is no ISO 8601 duration, such as P365D or PT1H.");
        }
    }

    private static T ParseEnum<T>(string pointer, string? text)
        where T : struct, Enum =>
        Enum.TryParse<T>(text, ignoreCase: true, out var value) && char.IsAsciiLetter(text![0]) && !text.Contains(',', StringComparison.Ordinal)
            ? value
            : throw new ProfileDefectException(pointer, $"'{text}' is none of {string.Join(", ", Enum.GetNames<T>())}.");
}
