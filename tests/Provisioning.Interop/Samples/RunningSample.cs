namespace Provisioning.Interop.Samples;

/// <summary>A sample that was run against a service of its own, and has succeeded.</summary>
internal sealed class RunningSample : IAsyncDisposable
{
    private RunningSample(ServerProcess server) => Server = server;

    internal ServerProcess Server { get; }

    /// <summary>Where it has put its files; with a space in it.</summary>
    internal string Folder { get; } = Directory.CreateTempSubdirectory("running sample ").FullName;

    /// <summary>What it said.</summary>
    internal string Output { get; private set; } = "";

    internal string At(string file) => Path.Combine(Folder, file);

    internal static async Task<RunningSample> RunAsync(string sample, string script)
    {
        var running = new RunningSample(await ServerProcess.StartAsync());
        var run = await Tool.RunAsync(
            "bash",
            [Repository.At("samples", sample, script), "-s", running.Server.Https, "-d", running.Server.DataDirectory, "-o", running.Folder],
            environment: new Dictionary<string, string> { ["PROVISIONING_DLL"] = CommandLine.Program });
        running.Output = run.Output;
        if (run.ExitCode == 0) return running;
        await running.DisposeAsync();
        throw new Xunit.Sdk.XunitException(run.Output + run.Error);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
