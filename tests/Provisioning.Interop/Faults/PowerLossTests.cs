using System.Globalization;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Storage;

namespace Provisioning.Interop.Faults;

/// <summary>
/// The power is cut between any two system calls of the real server (row I-03): its writes are recorded and played back up to a cut,
/// with any part of what was not flushed lost or torn. Whatever a client had an answer for before the cut is there, and the audit is
/// clean. <c>PROVISIONING_CUTS</c> makes more cuts than the suite does; <c>PROVISIONING_SEED</c> makes others.
/// </summary>
public sealed class PowerLossTests(PowerLossTests.Recorded shared) : IClassFixture<PowerLossTests.Recorded>
{
    // The images need no disk under them.
    private static string Memory { get; } = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    private static int Cuts => Setting("PROVISIONING_CUTS", 200);

    private static int Seed => Setting("PROVISIONING_SEED", 20261122);

    [Fact]
    public async Task I_03_what_was_answered_survives_a_power_cut_between_any_two_system_calls()
    {
        var (lost, dirty) = await CutAsync(shared.Recording, neverFlushed: null, Cuts);

        Assert.Empty(lost);
        Assert.Empty(dirty);
    }

    // The recorder itself: with a log that is never flushed, the same must find what is lost.
    [Fact]
    public async Task The_recorder_finds_what_a_log_without_flushes_would_lose()
    {
        var (lost, _) = await CutAsync(shared.Recording, neverFlushed: "-wal", 20);

        Assert.NotEmpty(lost);
    }

    [Fact]
    public async Task I_05_what_is_answered_after_a_failed_flush_and_a_restart_survives_a_power_cut_too()
    {
        using var recording = await Recording.MakeAsync(failingFlush: 60);

        var (lost, dirty) = await CutAsync(recording, neverFlushed: null, Cuts / 2);

        Assert.Empty(lost);
        Assert.Empty(dirty);
    }

    private static async Task<(List<string> Lost, List<string> Dirty)> CutAsync(Recording recording, string? neverFlushed, int cuts)
    {
        var random = new Random(Seed);
        // Half of them anywhere, the others right after an answer, where most is at stake.
        var at = Enumerable.Range(0, cuts).Select(i => i % 2 == 0
            ? recording.Calls[random.Next(recording.FirstCut, recording.Calls.Count)].Begin
            : recording.Answers[random.Next(recording.Answers.Count)].At + 1).Order().ToList();
        var disk = new Disk(recording.DataDirectory) { NeverFlushed = neverFlushed };
        var (lost, dirty) = (new List<string>(), new List<string>());
        var next = 0;
        foreach (var cut in at)
        {
            while (next < recording.Calls.Count && recording.Calls[next].Begin < cut) disk.Apply(recording.Calls[next++]);
            disk.AdvanceTo(cut);
            var kept = random.Next(4) switch { 0 => 0, 1 => 1, _ => random.NextDouble() };
            var image = Path.Combine(Memory, "provisioning-cut-" + Guid.NewGuid());
            try
            {
                disk.WriteImage(image, random, kept, torn: random.Next(2) == 0);
                await CheckAsync(recording, image, cut, lost, dirty);
            }
            finally
            {
                Directory.Delete(image, recursive: true);
            }
        }

        return (lost, dirty);
    }

    private static async Task CheckAsync(Recording recording, string image, long cut, List<string> lost, List<string> dirty)
    {
        try
        {
            await using var database = await Database.OpenAsync(new DatabaseOptions { DataDirectory = image }, default);
            var options = new CrlOptions { Directory = Path.Combine(image, "crl"), SuppliedDirectory = Path.Combine(image, "pki") };
            var report = await new Auditor(database.Audit, database.Crls, recording.Authorities, options).RunAsync(default);
            dirty.AddRange(report.Findings.Select(finding => $"{cut}: {finding}"));
            foreach (var answer in recording.Answers.Where(answer => answer.At < cut))
            {
                var found = SerialNumber.TryParse(answer.SerialNumber, out var serialNumber)
                    ? await database.Certificates.FindAsync(serialNumber, default)
                    : null;
                if (found is null || found.Thumbprint is null || (answer.IsRevocation && found.State != CertificateState.Revoked))
                    lost.Add($"{cut}: {answer} is {found?.State.ToString() ?? "unknown"}");
            }
        }
        catch (DatabaseOpenException problem)
        {
            dirty.Add($"{cut}: {problem.Message}");
        }
        catch (StorageUnavailableException problem)
        {
            // It opens, and has pages in it that SQLite cannot read.
            lost.Add($"{cut}: {problem.Message}");
        }
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var set) ? set : usual;

    /// <summary>One recording without faults.</summary>
    public sealed class Recorded : IAsyncLifetime
    {
        internal Recording Recording { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Recording = await Recording.MakeAsync();

        public ValueTask DisposeAsync()
        {
            Recording.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
