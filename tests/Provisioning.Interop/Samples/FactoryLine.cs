using System.Diagnostics;

namespace Provisioning.Interop.Samples;

/// <summary>A run of <c>samples/factory-line/enroll.sh</c> in a folder of its own, again and again.</summary>
internal sealed class FactoryLine : IDisposable
{
    private readonly string[] _service;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("factory line ");

    internal FactoryLine(ServerProcess server)
        : this("-s", server.Https, "-d", server.DataDirectory)
    {
    }

    /// <summary>With the script's own arguments for where the service is, and who the line.</summary>
    internal FactoryLine(params string[] service) => _service = service;

    /// <summary>Where the units are.</summary>
    internal string Units => Path.Combine(_folder.FullName, "units");

    /// <summary>The result file.</summary>
    internal string Results => Path.Combine(_folder.FullName, "results.csv");

    private string List => Path.Combine(_folder.FullName, "list.csv");

    /// <summary>What the line is to enroll.</summary>
    internal void Give(params IEnumerable<string> lines) => File.WriteAllLines(List, lines);

    /// <summary>The file of a unit.</summary>
    internal string Unit(string deviceId, string extension) => Path.Combine(Units, deviceId + "." + extension);

    /// <summary>The lines of the result file that are whole, without the header.</summary>
    internal string[] ReadResults() => File.Exists(Results)
        ? [.. File.ReadAllText(Results).Split('\n')[..^1].Skip(1)]
        : [];

    /// <summary>The IDs in it that are issued, one for each line.</summary>
    internal string[] ReadIssued() => [.. ReadResults().Where(line => line.Split(',')[2] == "issued").Select(line => line.Split(',')[0])];

    /// <summary>What every unit has: its files by name.</summary>
    internal Dictionary<string, string> ReadUnits() => Directory.GetFiles(Units).ToDictionary(file => file, File.ReadAllText);

    /// <summary>Leaves the beginning of a line at the end of the result file, as a kill does.</summary>
    internal void Tear(string beginning) => File.AppendAllText(Results, beginning);

    /// <summary>Runs to the end.</summary>
    internal Task<Tool> RunAsync(params string[] options) => Tool.RunAsync("bash", [Script, .. Arguments(options)]);

    /// <summary>Starts, and leaves it to the caller what becomes of it.</summary>
    internal Process Start(params string[] options) => Process.Start(new ProcessStartInfo("bash", [Script, .. Arguments(options)])
    {
        RedirectStandardError = true,
    })!;

    /// <summary>Waits until so many units are issued.</summary>
    internal async Task UntilIssuedAsync(int count)
    {
        using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (ReadIssued().Length < count) await interval.WaitForNextTickAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Script => Repository.At("samples", "factory-line", "enroll.sh");

    private string[] Arguments(string[] options) => [.. _service, "-o", _folder.FullName, .. options, List];
}
