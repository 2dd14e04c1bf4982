namespace Provisioning.Tests;

/// <summary>The files of tests/vectors: bytes that other programs made.</summary>
internal static class Vectors
{
    public static string Directory { get; } = Find();

    public static byte[] Read(params string[] path) => File.ReadAllBytes(Path.Combine([Directory, .. path]));

    private static string Find()
    {
        for (var at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "Provisioning.sln")))
                return Path.Combine(at, "tests", "vectors");
        }

        throw new DirectoryNotFoundException("No Provisioning.sln above the tests.");
    }
}
