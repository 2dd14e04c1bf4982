using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Core.Authorities;

namespace Provisioning.Interop.Faults;

/// <summary>
/// What a server did to its disk while devices enrolled and certificates were revoked, and what its callers were told. It is stopped
/// once, so that the log is copied into the database, and killed at the end.
/// </summary>
internal sealed class Recording : IDisposable
{
    private const int AloneEach = 12;
    private const int Together = 24;
    private const int Revocations = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-recording-").FullName;
    private readonly List<Answer> _answers = [];

    private Recording()
    {
    }

    /// <summary>The data directory; the server has made it.</summary>
    internal string DataDirectory => Path.Combine(_folder, "data");

    /// <summary>Everything that was done to it, in order.</summary>
    internal IReadOnlyList<SystemCall> Calls { get; private set; } = [];

    /// <summary>The first call after the server was ready for the first time.</summary>
    internal int FirstCut { get; private set; }

    /// <summary>What callers were told.</summary>
    internal IReadOnlyList<Answer> Answers => _answers;

    /// <summary>Who has signed.</summary>
    internal AuthorityDirectory Authorities { get; private set; } = null!;

    /// <summary>Records.</summary>
    /// <param name="failingFlush">From which flush of the writing thread on flushes fail, in the first half; 0 for none.</param>
    internal static async Task<Recording> MakeAsync(int failingFlush = 0)
    {
        var recording = new Recording();
        using var first = failingFlush > 0 ? Strace.FailingFlush(failingFlush) : Strace.OfFiles();
        using var second = Strace.OfFiles();
        await using var server = await ServerProcess.StartAsync(
            recording.DataDirectory, new Dictionary<string, string> { ["Provisioning__Crl__Delay"] = "00:00:00" }, first.Command);
        var ready = Now();
        await recording.CallAsync(server, "first");
        if (failingFlush > 0) await recording.CallUntilItEndsAsync(server);
        else await server.StopAsync();
        await server.StartAgainAsync(under: second.Command);
        await recording.CallAsync(server, "second");
        await server.KillAsync();
        // Where nothing fails, everything is answered; where the disk does, what comes after is not.
        if (failingFlush == 0) Assert.Equal(2 * (AloneEach + Together + Revocations), recording.Answers.Count);

        recording.Calls = [.. await first.ReadAsync(), .. await second.ReadAsync()];
        recording.FirstCut = recording.Calls.TakeWhile(call => call.Begin < ready).Count();
        recording.Authorities = LoadAuthorities(recording.DataDirectory);
        return recording;
    }

    public void Dispose()
    {
        Authorities.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static AuthorityDirectory LoadAuthorities(string directory)
    {
        var data = new DataDirectory(directory);
        var keys = new KeyFiles(data, Passphrase.ReadFile(Path.Combine(directory, "passphrase")));
        return new AuthorityDirectory(Load(AuthorityDirectory.RootName), Load(AuthorityDirectory.IssuingName));

        Authority Load(string name)
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(data.CertificateFile(name));
            return Authority.Create(new AuthorityRecord(name, AuthorityDirectory.RootName, certificate.RawData), keys.TryLoad(name));
        }
    }

    // Alone, several at once, and after a pause, in which the log is copied into the database.
    private async Task CallAsync(ServerProcess server, string prefix)
    {
        try
        {
            using var registrar = Api.Client(server, "factory-line");
            using var administrator = Api.Client(server, "admin");
            for (var i = 0; i < AloneEach / 2; i++) await EnrollAsync(registrar, $"{prefix}-alone-{i}");
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Together), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await EnrollAsync(registrar, $"{prefix}-{i}"));
            foreach (var answer in Answers.Where(answer => !answer.IsRevocation).TakeLast(Revocations).ToList())
            {
                using var response = await Api.TryRevokeAsync(administrator, answer.SerialNumber, "superseded");
                if (response.IsSuccessStatusCode) Add(answer.SerialNumber, isRevocation: true);
            }

            await CheckpointAsync(server);
            for (var i = AloneEach / 2; i < AloneEach; i++) await EnrollAsync(registrar, $"{prefix}-alone-{i}");
        }
        catch (HttpRequestException)
        {
            // The disk fails, and the server is gone: nothing was answered.
        }
    }

    private async Task CallUntilItEndsAsync(ServerProcess server)
    {
        for (var i = 0; !server.Process.HasExited; i++) await CallAsync(server, $"last-{i}");
    }

    private async Task EnrollAsync(HttpClient registrar, string device)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var response = await Api.EnrollAsync(registrar, device, Api.Request(key, device));
        if (!response.IsSuccessStatusCode) return;
        using var certificate = X509Certificate2.CreateFromPem(await response.Content.ReadAsStringAsync());
        Add(certificate.SerialNumber, isRevocation: false);
    }

    // Half a second without work, and the writer copies its log.
    private static async Task CheckpointAsync(ServerProcess server)
    {
        var database = Path.Combine(server.DataDirectory, "provisioning.db");
        var before = File.GetLastWriteTimeUtc(database);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (File.GetLastWriteTimeUtc(database) == before && !server.Process.HasExited) await timer.WaitForNextTickAsync(limit.Token);
    }

    private void Add(string serialNumber, bool isRevocation)
    {
        lock (_answers) _answers.Add(new Answer(Now(), serialNumber, isRevocation));
    }

    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>When a caller had it, in Unix microseconds.</summary>
    internal sealed record Answer(long At, string SerialNumber, bool IsRevocation);
}
