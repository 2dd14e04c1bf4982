using Provisioning.Core.Authorities;

namespace Provisioning.Benchmarks;

/// <summary>
/// What an enrollment by EST costs the server beside one by REST: the same line, the same kind of request, over connections of the same kind that stay
/// open, by turns, so that what the machine does meanwhile concerns both.
/// </summary>
internal static class EstBenchmark
{
    private const int Enrollments = 2_000;
    private const int Turns = 7;
    private const double Budget = 1.15;

    internal static async Task RunAsync(int? count)
    {
        var each = count ?? Enrollments;
        Report.Title($"est: {Turns} turns of {each} enrollments by REST and {each} by EST over keep-alive mutual TLS");
        using var folder = new TemporaryFolder();
        var (server, _) = await MeasuredServer.StartAsync(folder.Path);
        await using var running = server;
        using var registrar = Client.Of(server, CredentialFiles.FactoryLine);
        await Load.WarmUpAsync(number => Load.RunAsync(Unit.Make(number), registrar.EnrollAsync));
        await Load.WarmUpAsync(number => Load.RunAsync(Unit.Make(number), registrar.EnrollByEstAsync));

        var (rest, est) = (new List<double>(), new List<double>());
        for (var turn = 0; turn < Turns; turn++)
        {
            // Each is first as often as the other, but for one turn.
            if (turn % 2 == 0) rest.Add(await MeasureAsync(server, each, registrar.EnrollAsync));
            est.Add(await MeasureAsync(server, each, registrar.EnrollByEstAsync));
            if (turn % 2 == 1) rest.Add(await MeasureAsync(server, each, registrar.EnrollAsync));
        }

        Report.Line("one enrollment by REST", Report.Text($"{Middle(rest):F0} µs of CPU, {rest.Min():F0} to {rest.Max():F0}"));
        Report.Line("one enrollment by EST", Report.Text($"{Middle(est):F0} µs of CPU, {est.Min():F0} to {est.Max():F0}"));
        Report.Verdict("  EST to REST, of the middle turns", Middle(est) / Middle(rest), Budget, "×");
    }

    private static async Task<double> MeasureAsync(ServerProcess server, int count, Func<Unit, Task> enroll)
    {
        var units = Unit.Make(count);
        return (await Cost.MeasureAsync(server.Process, units.Length, () => Load.RunAsync(units, enroll))).Microseconds;
    }

    private static double Middle(List<double> all) => all.Order().ElementAt(all.Count / 2);
}
