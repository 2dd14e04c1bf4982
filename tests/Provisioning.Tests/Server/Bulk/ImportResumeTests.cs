using System.Net;
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
