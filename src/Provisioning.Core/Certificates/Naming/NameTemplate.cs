using System.Diagnostics;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Naming;

/// <summary>How one name of a certificate is made: an attribute of its subject, or an alternative name.</summary>
internal abstract class NameTemplate(Template template, bool isOptional, string pointer)
{
    /// <summary>The text.</summary>
    internal Template Template => template;

    /// <summary>True when the name is left out where a value is missing.</summary>
    internal bool IsOptional => isOptional;

    /// <summary>Where it stands in the profile (RFC 6901).</summary>
    internal string Pointer => pointer;

    /// <summary>Tries to make the name; null when that works.</summary>
    internal abstract Refusal? Try(NameSource source);

    /// <summary>What it is for people, such as <c>DNS name</c>.</summary>
    protected abstract string What { get; }

    /// <summary>Puts the values in. Without text and without a refusal, the name is to be left out.</summary>
    protected Refusal? Expand(NameSource source, Func<string, string?>? form, out string? text)
    {
        text = template.Expand(source, form, out var problem, out var isMissing);
        return text is not null || (isMissing && isOptional) ? null : Refuse(problem + ".");
    }

    /// <summary>The value does not fit the name's syntax.</summary>
    protected Refusal Unfit(string problem) => Refuse($"made from {template.MadeFrom}, it {problem}.");

    private Refusal Refuse(string why) =>
        new(RefusalCode.NameNotPossible, $"The {What} of the profile cannot be made: {why}") { Attribute = template.Attribute };
}

/// <summary>An attribute of the subject.</summary>
internal sealed class SubjectTemplate(SubjectAttribute type, Template template, bool isOptional, string pointer)
    : NameTemplate(template, isOptional, pointer)
{
    internal SubjectAttribute Type => type;

    protected override string What => type.Name;

    /// <inheritdoc/>
    internal override Refusal? Try(NameSource source) => Expand(source, out _);

    /// <summary>Makes the value; null when it is left out.</summary>
    internal Refusal? Expand(NameSource source, out SubjectValue? value)
    {
        value = null;
        if (Expand(source, form: null, out var text) is { } refusal) return refusal;
        if (text is null) return null;
        if (type.Check(text) is { } problem) return Unfit(problem);
        value = new SubjectValue(type, text);
        return null;
    }
}

/// <summary>An alternative name.</summary>
internal sealed class AlternativeNameTemplate(NameKind kind, Template template, string? oid, bool isOptional, string pointer)
    : NameTemplate(template, isOptional, pointer)
{
    /// <summary>Several holders may have the name at once.</summary>
    internal bool IsShared { get; init; }

    internal NameKind Kind => kind;

    protected override string What => kind switch
    {
        NameKind.Dns => "DNS name",
        NameKind.Ip => "IP address",
        NameKind.Uri => "URI",
        NameKind.PermanentIdentifier => "permanentIdentifier",
        NameKind.HardwareModuleName => "hardwareModuleName",
        _ => throw new UnreachableException(),
    };

    /// <inheritdoc/>
    internal override Refusal? Try(NameSource source) => Expand(source, out _);

    /// <summary>Makes the name; null when it is left out.</summary>
    internal Refusal? Expand(NameSource source, out GeneralName? name)
    {
        name = null;
        if (Expand(source, FormOf(), out var text) is { } refusal) return refusal;
        if (text is null) return null;
        name = ToName(text, out var problem);
        return name is null ? Unfit(problem) : null;
    }

    // One variable alone stands for a whole name. Inside a longer one, a value must not change what the fixed text around it says.
    private Func<string, string?>? FormOf() => kind switch
    {
        NameKind.Dns => Template.IsWhole ? NameSyntax.ToLower : NameSyntax.InDns,
        NameKind.Uri => Template.IsWhole ? null : NameSyntax.InUri,
        _ => null,
    };

    private GeneralName? ToName(string text, out string problem)
    {
        problem = "";
        switch (kind)
        {
            case NameKind.Dns:
                return (problem = NameSyntax.CheckDns(text) ?? "").Length == 0 ? new GeneralName.Dns(text) : null;
            case NameKind.Uri:
                return (problem = NameSyntax.CheckUri(text) ?? "").Length == 0 ? new GeneralName.Uri(text) : null;
            case NameKind.Ip:
                problem = "is not an IP address in its usual form";
                return NameSyntax.ToAddress(text) is { } address ? new GeneralName.Ip(address) : null;
            case NameKind.PermanentIdentifier:
                return (problem = NameSyntax.CheckText(text, NameSyntax.MaxIdentifier) ?? "").Length == 0
                    ? new GeneralName.PermanentIdentifier(text, oid)
                    : null;
            case NameKind.HardwareModuleName:
                problem = $"is not 1 to {NameSyntax.MaxIdentifier} printable ASCII characters";
                return text.Length is > 0 and <= NameSyntax.MaxIdentifier && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')
                    ? new GeneralName.HardwareModuleName(oid!, Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(text)))
                    : null;
            default:
                throw new UnreachableException();
        }
    }
}
