namespace Provisioning.Server.Swagger;

/// <summary>How the types of the door are called in the description: without the ending that only C# needs.</summary>
internal static class SchemaNames
{
    private const string Ending = "Document";

    internal static string Of(Type type)
    {
        if (type.IsGenericType) return Of(type.GetGenericArguments()[0]) + Bare(type.Name[..type.Name.IndexOf('`')]);
        return Bare(type.Name);
    }

    private static string Bare(string name) =>
        name.EndsWith(Ending, StringComparison.Ordinal) ? name[..^Ending.Length] : name;
}
