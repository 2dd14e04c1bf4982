using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using static Provisioning.Tests.Server.Bulk.BulkCalls;

namespace Provisioning.Tests.Server.Bulk;

/// <summary>What counts as the same file when an import is sent again.</summary>
public sealed class ImportResumeTests(ImportResumeTests.Finished finished) : IClassFixture<ImportResumeTests.Finished>
{
    private const string Csv = "text/csv";
    private const string Lines = "application/x-ndjson";

    // More than two transactions.
    private const int Rows = 1_200;

    private static readonly string File = Of("deviceId,attribute:a", Rows, "pump-");

    public static TheoryData<string, string, string> OtherFiles => new()
    {
        { "shorter, with other rows", Csv, Of("deviceId,attribute:a", 800, "fan-") },
        { "shorter than one transaction", Csv, Of("deviceId,attribute:a", 8, "fan-") },
        { "shorter, with the same rows", Csv, Of("deviceId,attribute:a", 800, "pump-") },
        { "shorter, up to the end of a transaction", Csv, Of("deviceId,attribute:a", 1_000, "pump-") },
        { "empty", Csv, "deviceId,attribute:a" },
        { "other rows", Csv, Of("deviceId,attribute:a", Rows, "fan-") },
        { "longer", Csv, File + "\npump-more,x" },
        { "other columns", Csv, Of("deviceId,attribute:b", Rows, "pump-") },
        { "an empty line more", Csv, File.Replace("\npump-0007,", "\n\npump-0007,", StringComparison.Ordinal) },
        { "another form", Lines, "{\"deviceId\":\"pump-0001\"}" },
    };

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public async Task Another_file_under_the_name_of_a_finished_import_is_refused_and_registers_nothing(string what, string mediaType, string file)
    {
        _ = what;
        using var answer = await PutAsync(finished.Server, Finished.Name, mediaType, file);
        await Problem.IsAsync(answer, HttpStatusCode.Conflict, "import-mismatch");
        using var fan = await finished.Server.Administrator().GetAsync("/api/v1/devices/fan-0001");
        Assert.Equal(HttpStatusCode.NotFound, fan.StatusCode);
    }

    [Fact]
    public async Task The_same_file_again_says_the_same() =>
        Assert.Equal((Rows, Rows, 0, 0), Counts((await ImportAsync(finished.Server, Finished.Name, Csv, File))[^1]));

    [Theory]
    [InlineData(600)]
    [InlineData(1_100)]
    [InlineData(Rows)]
    public async Task An_import_goes_on_when_rows_of_its_killed_sender_still_arrive(int late)
    {
        await using var server = await TestServer.StartAsync();
        var import = server.Services.GetRequiredService<DeviceImport>();

        var outcome = await RunAsync(import, Interrupted());

        Assert.True(outcome.TryGet(out var done, out var refusal), refusal?.Detail);
        Assert.Equal((Rows, Rows, 0), (done.Rows, done.Registered, done.Bad));
        Assert.NotNull(done.FinishedAt);

        // It began when nothing was on record.
        async IAsyncEnumerable<(RegistrationRow Row, ReadOnlyMemory<byte> Bytes)> Interrupted()
        {
            foreach (var row in Range(1, 100)) yield return row;
            if (late == Rows) await RunAsync(import, Late());
            else await Assert.ThrowsAsync<EndOfStreamException>(() => RunAsync(import, Late()));
            foreach (var row in Range(101, Rows - 100)) yield return row;
        }

        async IAsyncEnumerable<(RegistrationRow Row, ReadOnlyMemory<byte> Bytes)> Late()
        {
            await Task.Yield();
            foreach (var row in Range(1, late)) yield return row;
            if (late < Rows) throw new EndOfStreamException();
        }
    }

    private static Task<Outcome<ImportProgress>> RunAsync(
        DeviceImport import, IAsyncEnumerable<(RegistrationRow Row, ReadOnlyMemory<byte> Bytes)> rows) => import.RunAsync(
        "monday",
        default,
        rows,
        _ => ValueTask.FromResult<Outcome<Caller>>(new Caller.Administrator("test")),
        _ => ValueTask.CompletedTask,
        TestContext.Current.CancellationToken);

    private static IEnumerable<(RegistrationRow Row, ReadOnlyMemory<byte> Bytes)> Range(int from, int count) =>
        Enumerable.Range(from, count).Select(i => (
            new RegistrationRow { Line = i, DeviceId = $"pump-{i}" },
            new ReadOnlyMemory<byte>(System.Text.Encoding.ASCII.GetBytes($"pump-{i}"))));

    private static string Of(string header, int rows, string prefix) =>
        header + "\n" + string.Join('\n', Enumerable.Range(1, rows).Select(i => $"{prefix}{i:D4},x"));

    /// <summary>A server with one import that came to its end.</summary>
    public sealed class Finished : IAsyncLifetime
    {
        internal const string Name = "monday";

        internal TestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await TestServer.StartAsync();
            await ImportAsync(Server, Name, Csv, File);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
