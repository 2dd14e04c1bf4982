using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Naming;

/// <summary>The names that a profile grants to one holder.</summary>
/// <param name="Subject">The attributes of the subject, in their order.</param>
/// <param name="AlternativeNames">The alternative names, in their order.</param>
internal sealed record CertificateNames(IReadOnlyList<SubjectValue> Subject, IReadOnlyList<GeneralName> AlternativeNames)
{
    /// <summary>The names by which relying parties find the holder.</summary>
    internal IReadOnlyList<FindableName> Findable { get; init; } = [];

    /// <summary>The common name, or null when there is none.</summary>
    internal string? CommonName
    {
        get
        {
            foreach (var (type, value) in Subject)
                if (type == SubjectAttribute.CommonName) return value;
            return null;
        }
    }

    /// <summary>Makes the names.</summary>
    /// <returns>The names; or <see cref="RefusalCode.NameNotPossible"/>, which names the attribute that is missing or does not fit.</returns>
    internal static Outcome<CertificateNames> Make(Profile profile, NameSource source)
    {
        var subject = new List<SubjectValue>(profile.Subject.Count);
        foreach (var template in profile.Subject)
        {
            if (template.Expand(source, out var value) is { } refusal) return refusal;
            if (value is { } made) subject.Add(made);
        }

        var names = new List<GeneralName>(profile.AlternativeNames.Count);
        var findable = new List<FindableName>();
        foreach (var template in profile.AlternativeNames)
        {
            if (template.Expand(source, out var name) is { } refusal) return refusal;
            if (name is null) continue;
            names.Add(name);
            if (name.Findable is { } text) findable.Add(new FindableName(text, template.IsShared));
        }

        return new CertificateNames(subject, names) { Findable = findable };
    }
}
