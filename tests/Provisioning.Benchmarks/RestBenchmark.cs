using Provisioning.Core.Authorities;

namespace Provisioning.Benchmarks;

/// <summary>The REST API over mutual TLS on connections that stay open. Counted is the server's processor time.</summary>
internal static class RestBenchmark
{
    private const int Enrollments = 5_000;
    private const int Renewals = 1_000;
    private const double Budget = 7;

    internal static async Task EnrollAsync(int? count)
    {
        var units = Unit.Make(count ?? Enrollments);
        Report.Title($"rest: {units.Length} enrollments over keep-alive mutual TLS");
        using var folder = new TemporaryFolder();
        var (server, _) = await MeasuredServer.StartAsync(folder.Path);
        await using var running = server;
        using var registrar = Client.Of(server, CredentialFiles.FactoryLine);
        await Load.WarmUpAsync(number => Load.RunAsync(Unit.Make(number), registrar.EnrollAsync));

        var (floor, cost) = await Floor.AroundAsync(() =>
            Cost.MeasureAsync(server.Process, units.Length, () => Load.RunAsync(units, registrar.EnrollAsync)));
        Report.Cost("one enrollment", cost, floor, Budget);
    }

    internal static async Task RenewAsync(int? count)
    {
        var renewals = count ?? Renewals;
        Report.Title($"renew: {renewals} renewals, each on an open connection of its own device");
        using var folder = new TemporaryFolder();
        var (server, _) = await MeasuredServer.StartAsync(folder.Path);
        await using var running = server;
        using var registrar = Client.Of(server, CredentialFiles.FactoryLine);
        await Load.WarmUpAsync(async number => await RenewOnceAsync(server, await Device.EnrollAsync(registrar, number)));

        var devices = await ConnectAsync(server, await Device.EnrollAsync(registrar, renewals));
        var (floor, cost) = await Floor.AroundAsync(() => Cost.MeasureAsync(
            server.Process, renewals, () => RenewAsync(devices)));
        Close(devices);
        Report.Cost("one renewal", cost, floor, Budget);
    }

    private static async Task RenewOnceAsync(ServerProcess server, Device[] devices)
    {
        var connected = await ConnectAsync(server, devices);
        await RenewAsync(connected);
        Close(connected);
    }

    private static Task RenewAsync((Client Client, Unit Next)[] devices) =>
        Load.RunAsync(devices, device => device.Client.RenewAsync(device.Next));

    private static void Close((Client Client, Unit Next)[] devices)
    {
        foreach (var device in devices) device.Client.Dispose();
    }

    // The handshake and the first request are behind them when the measurement begins.
    private static Task<(Client Client, Unit Next)[]> ConnectAsync(ServerProcess server, Device[] devices) =>
        Load.MapAsync(devices, async device =>
        {
            var client = new Client(server, device.Certificate);
            await client.GetAsync("/api/v1/self");
            return (client, device.Next);
        });
}
