using System.Diagnostics;
using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

namespace Provisioning.Benchmarks;

/// <summary>
/// A registry of a million devices beside one of a thousand, in turns, so that whatever else the machine does slows both:
/// time to ready, and the server's processor time for a lookup and for an enrollment.
/// </summary>
internal static class RegistryBenchmark
{
    private const int Few = 1_000;
    private const int Many = 1_000_000;
    private const int Rounds = 5;
    private const int PerRound = 1_000;
    private const double ReadyBudget = 5;
    private const double GrowthBudget = 1.5;

    internal static async Task RunAsync(int? count)
    {
        var many = count ?? Many;
        Report.Title($"registry: {many} devices beside {Few}");
        using var fewFolder = new TemporaryFolder();
        using var manyFolder = new TemporaryFolder();
        await FillAsync(fewFolder.Path, Few);
        var loading = Stopwatch.GetTimestamp();
        await FillAsync(manyFolder.Path, many);
        var size = new FileInfo(Path.Combine(manyFolder.Path, "provisioning.db")).Length;
        Report.Line("loaded", Report.Text($"in {Stopwatch.GetElapsedTime(loading).TotalSeconds:F0} s, {size / 1e6:F0} MB"));

        var (few, fewReady) = await MeasuredServer.StartAsync(fewFolder.Path);
        await using var fewRunning = few;
        var (large, manyReady) = await MeasuredServer.StartAsync(manyFolder.Path);
        await using var manyRunning = large;
        Report.Line($"ready with {Few}", Report.Text($"{fewReady.TotalSeconds:F2} s"));
        Report.Verdict($"ready with {many}", manyReady.TotalSeconds, ReadyBudget, "s");

        await CompareAsync("lookup", few, large, many, CredentialFiles.Administrator, LookUpAsync);
        await CompareAsync("enrollment", few, large, many, CredentialFiles.FactoryLine, (client, _) => EnrollAsync(client));
    }

    private static async Task CompareAsync(
        string name, ServerProcess few, ServerProcess large, int many, string credential, Func<Client, int, Task<Func<Task>>> prepare)
    {
        using var fewClient = Client.Of(few, credential);
        using var manyClient = Client.Of(large, credential);
        var costs = new List<(Cost Few, Cost Many)>();
        // The first round is the warm-up.
        for (var round = 0; round <= Rounds; round++)
        {
            var ofFew = await MeasureAsync(few, await prepare(fewClient, Few));
            costs.Add((ofFew, await MeasureAsync(large, await prepare(manyClient, many))));
        }

        costs.RemoveAt(0);
        var middle = costs.OrderBy(cost => cost.Many.Microseconds / cost.Few.Microseconds).ElementAt(Rounds / 2);
        Report.Line(name, Report.Text($"{middle.Many.Microseconds:F0} µs of CPU, {middle.Few.Microseconds:F0} µs with {Few}"));
        Report.Verdict("  growth, median of the rounds", middle.Many.Microseconds / middle.Few.Microseconds, GrowthBudget, "×");
    }

    private static Task<Cost> MeasureAsync(ServerProcess server, Func<Task> work) =>
        Cost.MeasureAsync(server.Process, PerRound, work);

    private static Task<Func<Task>> LookUpAsync(Client client, int devices)
    {
        var chosen = Enumerable.Range(0, PerRound)
            .Select(_ => "/api/v1/devices/" + RegistryLoader.DeviceId(RandomNumberGenerator.GetInt32(devices))).ToArray();
        return Task.FromResult<Func<Task>>(() => Load.RunAsync(chosen, client.GetAsync));
    }

    private static Task<Func<Task>> EnrollAsync(Client client)
    {
        var units = Unit.Make(PerRound);
        return Task.FromResult<Func<Task>>(() => Load.RunAsync(units, client.EnrollAsync));
    }

    private static async Task FillAsync(string directory, int devices)
    {
        await using var opened = await TemporaryInstance.OpenAsync(directory);
        var service = await opened.NewEnrollmentServiceAsync();
        var unit = Unit.Make("model");
        var outcome = await service.EnrollAsync(
            new Caller.Registrar("factory-line"), new EnrollmentRequest(unit.DeviceId, unit.Request));
        if (!outcome.TryGet(out var model, out var refusal)) throw new InvalidOperationException(refusal.ToString());
        await new RegistryLoader(devices).AddDevicesAsync(opened.Instance.Database, model.Der.ToArray());
    }
}
