namespace Provisioning.Interop.Samples;

/// <summary>Lines of the README that a reader copies, run as they stand.</summary>
public sealed class ReadmeTests(CommandLine house) : IClassFixture<CommandLine>
{
    private const string Place = "https://localhost:8443";

    [Fact]
    public async Task The_lines_that_speak_EST_enroll_a_device_and_can_be_sent_again()
    {
        var lines = await BlockAsync("## Speak EST");
        await house.DoAsync("groups", "save", "pumps", "--credential", "token");
        var folder = Directory.CreateTempSubdirectory("readme ").FullName;
        using var shims = new Shims();

        // What everybody on the machine sees of it.
        shims.Watch("curl", Path.Combine(folder, "seen"));
        await RunAsync(lines, folder, shims);

        var first = await File.ReadAllTextAsync(Path.Combine(folder, "pump-0003.pem"), TestContext.Current.CancellationToken);
        Assert.Contains("OK", await Tool.CheckAsync(
            "openssl", "verify", "-CAfile", house.Server.Pki("root.pem"), "-untrusted", house.Server.Pki("chain.pem"), Path.Combine(folder, "pump-0003.pem")));
        Assert.Equal(
            await Tool.CheckAsync("openssl", "pkey", "-in", Path.Combine(folder, "pump-0003.key"), "-pubout"),
            await Tool.CheckAsync("openssl", "x509", "-in", Path.Combine(folder, "pump-0003.pem"), "-noout", "-pubkey"));
        var seen = await File.ReadAllTextAsync(Path.Combine(folder, "seen"), TestContext.Current.CancellationToken);
        Assert.Contains("simpleenroll", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("PVT1.", seen, StringComparison.Ordinal);

        // The same file once more, and a token that is spent.
        var sending = lines[lines.IndexOf("printf", StringComparison.Ordinal)..];
        await RunAsync("T=PVT1.none\n" + sending, folder, shims, isRefused: true);
        Assert.Equal(first, await File.ReadAllTextAsync(Path.Combine(folder, "pump-0003.pem"), TestContext.Current.CancellationToken));
        await RunAsync(lines[lines.IndexOf("T=$(", StringComparison.Ordinal)..], folder, shims);
        Assert.Equal(first, await File.ReadAllTextAsync(Path.Combine(folder, "pump-0003.pem"), TestContext.Current.CancellationToken));
        Directory.Delete(folder, recursive: true);
    }

    // The first block of a section, at the place where this test has its service.
    private async Task<string> BlockAsync(string heading)
    {
        var readme = await File.ReadAllTextAsync(Repository.At("README.md"), TestContext.Current.CancellationToken);
        var from = readme.IndexOf("```sh\n", readme.IndexOf(heading + "\n", StringComparison.Ordinal), StringComparison.Ordinal) + 6;
        var block = readme[from..readme.IndexOf("```\n", from, StringComparison.Ordinal)];
        Assert.Contains(Place, block, StringComparison.Ordinal);
        return block.Replace(Place, house.Server.Https, StringComparison.Ordinal);
    }

    // In a folder where data/ is the service's, with the alias of the section before.
    private async Task RunAsync(string lines, string folder, Shims shims, bool isRefused = false)
    {
        if (!Directory.Exists(Path.Combine(folder, "data"))) Directory.CreateSymbolicLink(Path.Combine(folder, "data"), house.Server.DataDirectory);
        var run = await Tool.RunAsync(
            "bash", ["-c", $"provisioning() {{ dotnet '{CommandLine.Program}' \"$@\"; }}\n{lines}"], workingDirectory: folder,
            environment: new Dictionary<string, string> { ["PATH"] = shims.SearchPath, ["PROVISIONING_URL"] = house.Server.Https });

        Assert.True(run.ExitCode == 0 != isRefused, run.Output + run.Error);
    }
}
