using Provisioning.Core.Enrollment;
using Provisioning.Server.Configuration;

namespace Provisioning.Server.Verbs;

/// <summary>
/// <c>clock</c>: shows the clock of this machine and the latest time on record, and with <c>--accept</c> takes the clock for right:
/// the way out after something was signed with a wrong one. For a data directory that no server is using.
/// </summary>
internal static class ClockVerb
{
    internal const string Usage = "clock [--accept]                           show the clock and the latest time on record; take the clock for right";

    internal static Task<int> RunAsync(ServerOptions options, IReadOnlyDictionary<string, string> arguments, TextWriter output) =>
        RunAsync(options, arguments, output, TimeProvider.System);

    internal static async Task<int> RunAsync(
        ServerOptions options, IReadOnlyDictionary<string, string> arguments, TextWriter output, TimeProvider time)
    {
        if (arguments.Keys.FirstOrDefault(name => name != "--accept") is { } unknown)
            throw new StartupException($"clock does not know '{unknown}'.");
        await using var instance = await Instance.OpenAsync(options, mayCreatePassphrase: false, time, default);
        var now = time.GetUtcNow();
        var latest = await instance.Database.Authorities.LatestTimeAsync(default);
        await output.WriteLineAsync($"clock of this machine   {now:O}");
        await output.WriteLineAsync($"latest time on record   {latest:O}");
        if (latest is not { } before || instance.Clock.State == ClockState.Sane)
        {
            await output.WriteLineAsync("They agree well enough; there is nothing to accept.");
        }
        else if (arguments.ContainsKey("--accept"))
        {
            await instance.Database.Authorities.AcceptTimeAsync(now, before, default);
            await output.WriteLineAsync("The clock of this machine was taken for right. Start the server; it signs again.");
        }
        else
        {
            await output.WriteLineAsync($"The clock is {(now - before).TotalDays:+0.0;-0.0} days off, and nothing is signed. If it is wrong, set it right; "
                + "if it is right, run: clock --accept");
        }

        return 0;
    }
}
