namespace Provisioning.Core.Certificates;

/// <summary>Turns a profile's templates into names.</summary>
internal static class Names
{
    private const string Holder = "${holder}";

    internal static string Expand(string template, string holder) => template.Replace(Holder, holder, StringComparison.Ordinal);

    internal static IEnumerable<GeneralName> Expand(IEnumerable<GeneralName> templates, string holder) =>
        templates.Select(template => template switch
        {
            GeneralName.Dns(var name) => new GeneralName.Dns(Expand(name, holder)),
            GeneralName.Ip(var address) => new GeneralName.Ip(Expand(address, holder)),
            GeneralName.Uri(var uri) => new GeneralName.Uri(Expand(uri, holder)),
            GeneralName.PermanentIdentifier(var value) => (GeneralName)new GeneralName.PermanentIdentifier(Expand(value, holder)),
            _ => throw new System.Diagnostics.UnreachableException(),
        });
}
