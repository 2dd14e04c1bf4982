namespace Provisioning.Core.Certificates.Naming;

/// <summary>Makes the templates of a profile from its data.</summary>
internal static class NameTemplates
{
    private const int MaxSubject = 16;
    private const int MaxAlternativeNames = 32;

    /// <exception cref="ProfileDefectException">One is not of the accepted form.</exception>
    internal static IReadOnlyList<SubjectTemplate> Subject(IReadOnlyList<SubjectDefinition> data)
    {
        ProfileBuilder.Require(data.Count <= MaxSubject, "/subject", $"at most {MaxSubject} attributes are taken.");
        var templates = data.Select((attribute, i) => Subject(attribute, $"/subject/{i}")).ToList();
        ProfileBuilder.Require(
            templates.Count(template => template.Type == SubjectAttribute.CommonName) <= 1, "/subject", "there is more than one common name.");
        return templates;
    }

    /// <exception cref="ProfileDefectException">One is not of the accepted form.</exception>
    internal static IReadOnlyList<AlternativeNameTemplate> AlternativeNames(IReadOnlyList<AlternativeNameDefinition> data)
    {
        ProfileBuilder.Require(
            data.Count <= MaxAlternativeNames, "/alternativeNames", $"at most {MaxAlternativeNames} names are taken.");
        return [.. data.Select((name, i) => AlternativeName(name, $"/alternativeNames/{i}"))];
    }

    private static SubjectTemplate Subject(SubjectDefinition? data, string pointer)
    {
        (SubjectAttribute Type, string? Text)[] given =
        [
            (SubjectAttribute.CommonName, data?.CommonName), (SubjectAttribute.SerialNumber, data?.SerialNumber),
            (SubjectAttribute.Organization, data?.Organization), (SubjectAttribute.OrganizationalUnit, data?.OrganizationalUnit),
            (SubjectAttribute.Locality, data?.Locality), (SubjectAttribute.Country, data?.Country),
        ];
        var said = given.Where(one => one.Text is not null).ToList();
        if (said is not [var (type, text)])
        {
            throw new ProfileDefectException(
                pointer, $"an attribute is one of {string.Join(", ", SubjectAttribute.All.Select(attribute => attribute.Name))}.");
        }

        return new SubjectTemplate(type, Parse(text!, $"{pointer}/{type.Name}"), data!.Optional ?? false, pointer);
    }

    private static AlternativeNameTemplate AlternativeName(AlternativeNameDefinition? data, string pointer)
    {
        (NameKind Kind, string Field, string? Text)[] given =
        [
            (NameKind.Dns, "dns", data?.Dns), (NameKind.Ip, "ip", data?.Ip), (NameKind.Uri, "uri", data?.Uri),
            (NameKind.PermanentIdentifier, "permanentIdentifier", data?.PermanentIdentifier),
            (NameKind.HardwareModuleName, "hardwareModuleName", data?.HardwareModuleName),
        ];
        var said = given.Where(one => one.Text is not null).ToList();
        if (said is not [var (kind, field, text)])
            throw new ProfileDefectException(pointer, "a name is one of dns, ip, uri, permanentIdentifier, hardwareModuleName.");
        var template = Parse(text!, $"{pointer}/{field}");
        return new AlternativeNameTemplate(kind, template, OidOf(kind, data!, pointer), data!.Optional ?? false, pointer)
        {
            IsShared = data.Shared ?? false,
        };
    }

    private static string? OidOf(NameKind kind, AlternativeNameDefinition data, string pointer)
    {
        ProfileBuilder.Require(
            data.Assigner is null || kind == NameKind.PermanentIdentifier, pointer + "/assigner", "only a permanentIdentifier has an assigner.");
        ProfileBuilder.Require(
            (data.HardwareType is not null) == (kind == NameKind.HardwareModuleName),
            pointer + "/hardwareType", "a hardwareModuleName has a hardwareType, the OID of the type of hardware, and nothing else has one.");
        if (data.Assigner is { } assigner) return ProfileBuilder.CheckOid(pointer + "/assigner", assigner);
        return data.HardwareType is { } type ? ProfileBuilder.CheckOid(pointer + "/hardwareType", type) : null;
    }

    private static Template Parse(string text, string pointer)
    {
        try
        {
            return Template.Parse(text);
        }
        catch (FormatException problem)
        {
            throw new ProfileDefectException(pointer, problem.Message);
        }
    }
}
