namespace Provisioning.Interop.Samples;

/// <summary>Every script in the checkout.</summary>
public sealed class ShellScriptTests
{
    [Fact]
    public async Task Shellcheck_finds_nothing_in_any_script()
    {
        var scripts = Directory.EnumerateFiles(Repository.Root, "*.sh", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/bin/") && !path.Contains("/obj/"))
            .Append(Repository.At(".ci", "run"))
            .ToArray();
        Assert.True(scripts.Length >= 4);

        await Tool.CheckAsync("shellcheck", ["--external-sources", .. scripts]);
    }
}
