using System.Diagnostics;

namespace Provisioning.Interop;

/// <summary>Runs a foreign program and keeps what it says.</summary>
internal sealed record Tool(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a program to its end.</summary>
    internal static async Task<Tool> RunAsync(
        string program, IEnumerable<string> arguments, string? input = null, string? workingDirectory = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? Path.GetTempPath(),
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await TellAsync(process.StandardInput, input);
        await process.WaitForExitAsync();
        return new Tool(process.ExitCode, await output, await error);
    }

    // A program that is refused may be gone before it has read what it is told; what it says about that is what counts.
    private static async Task TellAsync(StreamWriter program, string? input)
    {
        try
        {
            if (input is not null) await program.WriteAsync(input);
            program.Close();
        }
        catch (IOException)
        {
        }
    }

    /// <summary>Runs a program that must succeed.</summary>
    internal static async Task<string> CheckAsync(string program, params string[] arguments)
    {
        var run = await RunAsync(program, arguments);
        Assert.True(run.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{run.Output}\n{run.Error}");
        return run.Output;
    }
}
