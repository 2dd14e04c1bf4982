using System.Reflection;
using Provisioning.Core.Certificates;
using Provisioning.Est;
using Provisioning.Rest;
using Provisioning.Status;
using Provisioning.Storage;

namespace Provisioning.Tests.Architecture;

/// <summary>Holds what may reference what; the map is in src/README.md.</summary>
public sealed class ReferenceTests
{
    private static readonly Assembly Core = typeof(Profile).Assembly;

    public static TheoryData<string, string[]> Allowed => new()
    {
        { "Provisioning.Core", [] },
        { "Provisioning.Est", ["Provisioning.Core"] },
        { "Provisioning.Rest", ["Provisioning.Core"] },
        { "Provisioning.Status", ["Provisioning.Core"] },
        { "Provisioning.Storage", ["Provisioning.Core"] },
        { "provisioning", [] },
    };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void A_project_references_only_what_the_map_allows(string project, string[] allowed)
    {
        var own = Assembly.Load(project).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => name.StartsWith("Provisioning.", StringComparison.Ordinal));

        Assert.Empty(own.Except(allowed));
    }

    [Fact]
    public void The_core_knows_neither_HTTP_nor_SQL() =>
        Assert.DoesNotContain(Core.GetReferencedAssemblies(), reference => IsHttp(reference) || IsSql(reference));

    [Theory]
    [InlineData(typeof(EstEndpoints))]
    [InlineData(typeof(RestEndpoints))]
    [InlineData(typeof(StatusEndpoints))]
    public void A_door_knows_no_SQL(Type door) =>
        Assert.DoesNotContain(door.Assembly.GetReferencedAssemblies(), IsSql);

    [Fact]
    public void The_EST_door_is_small()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "src", "Provisioning.Est"), "*.cs");
        Assert.InRange(files.Sum(file => File.ReadAllLines(file).Length), 1, 899);
    }

    [Fact]
    public void The_storage_knows_no_HTTP() =>
        Assert.DoesNotContain(typeof(Database).Assembly.GetReferencedAssemblies(), IsHttp);

    private static bool IsHttp(AssemblyName name) =>
        name.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || name.Name == "System.Net.Http";

    private static bool IsSql(AssemblyName name) =>
        name.Name is "System.Data.Common" or "Dapper" or "Npgsql" or "Microsoft.Data.Sqlite";
}
