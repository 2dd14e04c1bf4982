using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop;

/// <summary>CRL numbers of real processes that are killed, on one data directory with a clock that goes back an hour, and on two in turn.</summary>
public sealed class CrlNumberTests
{
    private static readonly string[] Names = ["issuing", "issuing.delta", "issuing/1", "issuing/1.delta", "issuing/2", "issuing/2.delta"];

    // The whole proof is 120 rounds of 5 s; the suite makes a few, and PROVISIONING_ROUNDS makes as many as it says.
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("PROVISIONING_ROUNDS"), out var rounds) ? rounds : 4;

    private static TimeSpan Round => TimeSpan.FromSeconds(5);

    [Fact]
    public Task I_12_Numbers_of_CRLs_only_rise_over_kill_9_and_a_clock_set_back_an_hour_on_SQLite() => RunAsync(null);

    [Fact]
    public async Task I_12_Numbers_of_CRLs_only_rise_over_kill_9_on_two_nodes_of_one_PostgreSQL()
    {
        var connection = Environment.GetEnvironmentVariable("PROVISIONING_TEST_POSTGRES");
        if (string.IsNullOrEmpty(connection))
        {
            const string how = "PROVISIONING_TEST_POSTGRES is not set: tests/postgres.sh starts one.";
            if (Environment.GetEnvironmentVariable("PROVISIONING_REQUIRE_ALL") == "1") Assert.Fail(how);
            Assert.Skip(how);
        }

        var name = $"provisioning_crls_{Guid.NewGuid():N}";
        await using var database = await PostgresDatabase.CreateAsync(connection, name);
        await RunAsync(database.Connection);
    }

    private static async Task RunAsync(string? database)
    {
        var settings = new Dictionary<string, string>
        {
            ["Provisioning__Crl__Delay"] = "00:00:00",
            ["Provisioning__Crl__Shards"] = "2",
            ["Provisioning__Crl__Deltas"] = "true",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        };
        if (database is not null) settings["Provisioning__Database"] = database;
        var library = (await Tool.CheckAsync("faketime", "-f", "+1h", "printenv", "LD_PRELOAD")).Trim();
        await using var server = await ServerProcess.StartAsync(environment: settings);
        var serials = await EnrollAsync(server, Rounds * 8);
        await server.StopAsync();
        using var folders = new Folders(server.DataDirectory, isTwo: database is not null);
        var watcher = new Watcher(server);
        for (var round = 0; round < Rounds; round++)
        {
            // The nodes of one PostgreSQL take turns: while one is there, the other is refused.
            // Sockets to PostgreSQL mind the library that makes the other time: there, the clock goes back in the suite of the storage.
            string[] ahead = database is null && round < Rounds / 2 ? ["env", "LD_PRELOAD=" + library, "FAKETIME=+1h"] : [];
            await StartAsync(server, folders.Of(round), ahead);
            using var over = new CancellationTokenSource(Round);
            var watching = watcher.WatchAsync(over.Token);
            await RevokeAsync(server, serials.Skip(round * 8).Take(8), over.Token);
            await watching;
            await server.KillAsync();
        }

        Assert.True(watcher.Seen >= 2 * Rounds, $"Only {watcher.Seen} CRLs were seen.");

        // The clock that went back is noticed by everything else; the CRLs and their records agree all the same.
        var audit = await Tool.RunAsync(
            "dotnet", [Repository.Program("Provisioning.Server", "Provisioning.Server"), "audit"],
            environment: new Dictionary<string, string>(server.Environment) { ["Provisioning__DataDirectory"] = folders.Of(Rounds - 1) });
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    // As its supervisor does: PostgreSQL may not have noticed yet that the node before is gone.
    private static async Task StartAsync(ServerProcess server, string folder, string[] under)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await server.StartAgainAsync(new Dictionary<string, string> { ["Provisioning__DataDirectory"] = folder }, under, "/health/live");
                return;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                // It ended; once more.
            }
        }
    }

    private static async Task<List<string>> EnrollAsync(ServerProcess server, int count)
    {
        using var registrar = Api.Client(server, "factory-line");
        var serials = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var certificate = X509Certificate2.CreateFromPem(await Api.EnrollPemAsync(registrar, $"pump-{i}", key));
            serials.Add(certificate.SerialNumber);
        }

        return serials;
    }

    // One after the other, spread over the round: each makes a delta.
    private static async Task RevokeAsync(ServerProcess server, IEnumerable<string> serials, CancellationToken over)
    {
        using var administrator = Api.Client(server, "admin");
        using var timer = new PeriodicTimer(Round / 10);
        try
        {
            foreach (var serial in serials)
            {
                await Api.RevokeAsync(administrator, serial, "superseded");
                await timer.WaitForNextTickAsync(over);
            }
        }
        catch (OperationCanceledException)
        {
            // The round is over.
        }
    }

    /// <summary>The data directories of the nodes: the second is a copy of the first, as a container with the same secrets is.</summary>
    private sealed class Folders : IDisposable
    {
        private readonly string _first;
        private readonly string? _second;

        internal Folders(string first, bool isTwo)
        {
            _first = first;
            if (!isTwo) return;
            _second = Directory.CreateTempSubdirectory("provisioning-interop-").FullName;
            foreach (var file in Directory.EnumerateFiles(first, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(_second, Path.GetRelativePath(first, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        internal string Of(int round) => round % 2 == 1 && _second is not null ? _second : _first;

        public void Dispose()
        {
            if (_second is not null) Directory.Delete(_second, recursive: true);
        }
    }

    /// <summary>Fetches all CRLs again and again, and remembers what it was given, over all processes and nodes.</summary>
    private sealed class Watcher(ServerProcess server)
    {
        private readonly Dictionary<string, (long Number, DateTime ThisUpdate)> _last = [];
        private readonly Dictionary<(string, long), string> _hashes = [];

        internal int Seen => _hashes.Count;

        internal async Task WatchAsync(CancellationToken over)
        {
            using var client = new HttpClient { BaseAddress = new Uri(server.Http) };
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            try
            {
                do
                {
                    foreach (var name in Names)
                    {
                        using var answer = await client.GetAsync($"/crl/{name}.crl", over);
                        if (answer.IsSuccessStatusCode) Check(name, await answer.Content.ReadAsByteArrayAsync(over));
                    }
                }
                while (await timer.WaitForNextTickAsync(over));
            }
            catch (OperationCanceledException)
            {
                // The round is over.
            }
        }

        private void Check(string name, byte[] octets)
        {
            var (number, thisUpdate) = Crl.Read(octets);
            var hash = Convert.ToHexString(SHA256.HashData(octets));
            Assert.Equal(hash, _hashes.TryAdd((name, number), hash) ? hash : _hashes[(name, number)]);
            if (_last.TryGetValue(name, out var before))
            {
                Assert.True(number >= before.Number, $"{name} went from number {before.Number} to {number}.");
                Assert.True(thisUpdate >= before.ThisUpdate, $"{name} went from {before.ThisUpdate} to {thisUpdate}.");
            }

            _last[name] = (number, thisUpdate);
        }
    }
}
