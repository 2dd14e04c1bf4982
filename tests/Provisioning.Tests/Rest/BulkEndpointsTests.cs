using System.Net;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Bulk;

namespace Provisioning.Tests.Rest;

/// <summary>What imports, exports and batches refuse before they begin.</summary>
public sealed class BulkEndpointsTests
{
    private const string Lines = "application/x-ndjson";

    [Theory]
    [InlineData("POST", "/api/v1/enrollments/batch", "image/png", HttpStatusCode.NotAcceptable)]
    [InlineData("POST", "/api/v1/enrollments/batch", Lines, HttpStatusCode.OK)]
    [InlineData("PUT", "/api/v1/imports/monday", "application/json", HttpStatusCode.NotAcceptable)]
    [InlineData("GET", "/api/v1/exports/devices", "text/csv", HttpStatusCode.NotAcceptable)]
    [InlineData("GET", "/api/v1/exports/devices", Lines, HttpStatusCode.OK)]
    [InlineData("GET", "/api/v1/exports/devices?format=csv", Lines, HttpStatusCode.NotAcceptable)]
    [InlineData("GET", "/api/v1/exports/devices?format=csv", "text/*", HttpStatusCode.OK)]
    public async Task R_12_an_answer_that_is_not_accepted_is_not_given(string method, string path, string accept, HttpStatusCode status)
    {
        await using var host = await RestHost.StartAsync();
        var content = method == "GET" ? null : RestHost.Bytes("nonsense\n"u8.ToArray(), Lines);
        var answer = await host.SendAsync(new HttpMethod(method), path, RestHost.Admin, content, accept);
        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task A_batch_with_an_idempotency_key_is_refused()
    {
        await using var host = await RestHost.StartAsync();
        var answer = await host.SendAsync(
            HttpMethod.Post, "/api/v1/enrollments/batch", RestHost.Line, RestHost.Bytes("nonsense\n"u8.ToArray(), Lines),
            header: ("Idempotency-Key", "one"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("bad-idempotency-key", answer.Header("Provisioning-Error"));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("ndjson")]
    public async Task An_export_of_a_database_that_is_down_is_503_and_not_an_empty_file(string format)
    {
        await using var host = await RestHost.StartAsync();
        host.Registry.Failure = new StorageUnavailableException("It is down.");
        var answer = await host.GetAsync("/api/v1/exports/devices?format=" + format);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Equal("storage-unavailable", answer.Header("Provisioning-Error"));
    }

    [Theory]
    [InlineData(IImportStore.MaxProblems, 0)]
    [InlineData(IImportStore.MaxProblems + 7, 7)]
    public void An_import_tells_how_many_bad_rows_it_only_counts(long bad, long untold)
    {
        var progress = new ImportProgress
        {
            Id = "monday",
            Rows = 1_000_000,
            Registered = 1_000_000 - bad,
            Unchanged = 0,
            Bad = bad,
            Content = Digest.Of([]),
            StartedAt = DateTimeOffset.UnixEpoch,
        };
        Assert.Equal(untold, ImportDocument.Of(progress).Untold);
    }
}
