using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Provisioning.Benchmarks;

/// <summary>What is printed, so that every benchmark says it alike.</summary>
internal static class Report
{
    internal static int MissedBudgets { get; private set; }

    /// <summary>What the numbers were measured on.</summary>
    internal static async Task MachineAsync()
    {
        var processor = (await File.ReadAllLinesAsync("/proc/cpuinfo"))
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var openssl = await ReadAsync("openssl", "version");
        var load = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
        Console.WriteLine($"machine   {processor}, {Environment.ProcessorCount} processors, load {load}");
        Console.WriteLine($"system    {RuntimeInformation.OSDescription}");
        Console.WriteLine($"runtime   {RuntimeInformation.FrameworkDescription}");
        Console.WriteLine($"openssl   {openssl.Trim()}");
    }

    internal static void Title(string text) => Console.WriteLine($"\n{text}");

    internal static void Line(string name, string text) => Console.WriteLine($"  {name,-34} {text}");

    /// <summary>One figure that has a budget.</summary>
    internal static void Verdict(string name, double measured, double budget, string unit)
    {
        var met = measured <= budget;
        if (!met) MissedBudgets++;
        Line(name, Text($"{measured:F2} {unit}, budget {budget:F2} {unit}: {(met ? "met" : "MISSED")}"));
    }

    /// <summary>The cost of an operation, and its budget as a multiple of the floor.</summary>
    internal static void Cost(string name, Cost cost, Floor floor, double? budget = null)
    {
        Line(name, Text($"{cost.Microseconds:F0} µs of CPU each, {cost.PerSecond:F0} a second"));
        var ratio = cost.Microseconds / floor.Microseconds;
        if (budget is { } limit) Verdict("  to the floor", ratio, limit, "×");
        else Line("  to the floor", Text($"{ratio:F2} ×"));
        Line("    with every processor busy", Text($"{cost.Microseconds / floor.BusyMicroseconds:F2} ×"));
    }

    internal static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What a program prints.</summary>
    internal static async Task<string> ReadAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = CutShort.Start(start);
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await error}");
    }
}
