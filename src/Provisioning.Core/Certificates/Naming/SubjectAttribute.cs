using System.Formats.Asn1;

namespace Provisioning.Core.Certificates.Naming;

/// <summary>An attribute of a subject that profiles can give (RFC 5280 §4.1.2.4), with the upper bound of appendix A.1.</summary>
/// <param name="Name">Its name in profiles.</param>
/// <param name="Oid">Its type.</param>
/// <param name="MaxLength">The most characters.</param>
/// <param name="StringType">PrintableString where the type wants it, else UTF8String.</param>
internal sealed record SubjectAttribute(string Name, string Oid, int MaxLength, UniversalTagNumber StringType)
{
    internal static SubjectAttribute CommonName { get; } = new("commonName", Oids.CommonName, 64, UniversalTagNumber.UTF8String);

    internal static SubjectAttribute SerialNumber { get; } =
        new("serialNumber", Oids.SerialNumberAttribute, 64, UniversalTagNumber.PrintableString);

    internal static SubjectAttribute Organization { get; } =
        new("organization", Oids.Organization, 64, UniversalTagNumber.UTF8String);

    internal static SubjectAttribute OrganizationalUnit { get; } =
        new("organizationalUnit", Oids.OrganizationalUnit, 64, UniversalTagNumber.UTF8String);

    internal static SubjectAttribute Locality { get; } = new("locality", Oids.Locality, 128, UniversalTagNumber.UTF8String);

    internal static SubjectAttribute Country { get; } = new("country", Oids.Country, 2, UniversalTagNumber.PrintableString);

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<SubjectAttribute> All { get; } =
        [CommonName, SerialNumber, Organization, OrganizationalUnit, Locality, Country];

    internal static SubjectAttribute? Find(string oid)
    {
        foreach (var attribute in All)
            if (attribute.Oid == oid) return attribute;
        return null;
    }

    /// <summary>Judges a value; what is wrong with it as a sentence that follows its subject, or null.</summary>
    internal string? Check(string value) => this switch
    {
        _ when this == Country => value is [>= 'A' and <= 'Z', >= 'A' and <= 'Z'] ? null : "is not two capital letters (ISO 3166)",
        { StringType: UniversalTagNumber.PrintableString } when !NameSyntax.IsPrintable(value) =>
            "holds a character that a PrintableString has not (A-Z a-z 0-9 space ' ( ) + , - . / : = ?)",
        _ => NameSyntax.CheckText(value, MaxLength),
    };
}

/// <summary>An attribute of one certificate's subject.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Value">Its text.</param>
internal readonly record struct SubjectValue(SubjectAttribute Type, string Value);
