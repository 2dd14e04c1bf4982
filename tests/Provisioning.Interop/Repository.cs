namespace Provisioning.Interop;

/// <summary>Where the files of this checkout are, wherever the tests were built.</summary>
internal static class Repository
{
    /// <summary>The top folder.</summary>
    internal static string Root { get; } = FindRoot();

    /// <summary>A file or folder in it.</summary>
    internal static string At(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>A program of this solution, as the same build made it.</summary>
    internal static string Program(string project, string assembly) =>
        At("src", project, "bin", Configuration, "net10.0", assembly + ".dll");

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Provisioning.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the checkout.");
        return folder.FullName;
    }
}
