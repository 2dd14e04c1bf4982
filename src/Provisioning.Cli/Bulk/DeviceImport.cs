using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Provisioning.Cli.Api;
using Provisioning.Cli.Output;
using Provisioning.Cli.Verbs;

namespace Provisioning.Cli.Bulk;

/// <summary>
/// Sends a file of devices. The service knows how far an import of a name is: the file is sent from its start whenever it is sent again,
/// and what is done already is compared and passed over there. So there is nothing to remember here.
/// </summary>
internal sealed class DeviceImport(ApiClient client, Progress progress, RowProblems problems, TimeProvider time)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Sends the file until the service has taken all of it.</summary>
    internal async Task<ImportReport> RunAsync(string id, string file, CancellationToken ct)
    {
        var path = "/api/v1/imports/" + Uri.EscapeDataString(id);
        var before = await FindAsync(path, ct);
        progress.Report(before?.Rows ?? 0, before?.Bad ?? 0);
        if (before is not null)
            progress.Note($"{id} was begun before: {before.Rows} rows are done already{(before.FinishedAt is null ? "" : ", which are all")}.");
        return await client.SendAsync(
            new Exchange<ImportReport>(pulse => Request(path, file, pulse), ReadAsync, IsStream: true), ct);
    }

    private HttpRequestMessage Request(string path, string file, Pulse pulse)
    {
        var type = ListFile.IsJson(file) ? "application/x-ndjson" : "text/csv";
        return new HttpRequestMessage(HttpMethod.Put, path)
        {
            Content = new FileContent(file, pulse, sending => WatchAsync(path, pulse, sending))
            {
                Headers = { ContentType = new MediaTypeHeaderValue(type) },
            },

            // A caller who may not do this hears so before the file is sent.
            Headers = { ExpectContinue = true, Accept = { new MediaTypeWithQualityHeaderValue("application/x-ndjson") } },
        };
    }

    private async Task<ImportLine?> FindAsync(string path, CancellationToken ct)
    {
        try
        {
            return await client.GetAsync<ImportLine>(path, ct);
        }
        catch (FailureException failure) when (failure.ExitCode == ExitCode.NotFound)
        {
            return null;
        }
    }

    // The platform reads no answer before the file is sent, so how far it is, is asked beside it.
    private async Task WatchAsync(string path, Pulse pulse, CancellationToken ct)
    {
        var look = Exchange.Json<ImportLine>(() => new HttpRequestMessage(HttpMethod.Get, path));
        using var timer = new PeriodicTimer(BetweenLooks, time);
        for (var rows = 0L; await timer.WaitForNextTickAsync(ct);)
        {
            if (await client.TryOnceAsync(look, ct) is not { } now) continue;
            if (rows > 0 && now.Rows > rows) pulse.Heard();
            rows = now.Rows!.Value;
            progress.Report(rows, now.Bad!.Value);
        }
    }

    private async Task<ImportReport> ReadAsync(HttpResponseMessage response, Pulse pulse, CancellationToken ct)
    {
        problems.Clear();
        ImportLine? last = null;
        await foreach (var line in Exchange.LinesOf(response, pulse, ct))
        {
            var told = JsonSerializer.Deserialize(line.Bytes.Span, ApiJson.TypeOf<ImportLine>());
            if (told is { Line: { } number, Code: { } code })
                problems.Add(new RowProblem(number, told.DeviceId, code, told.Detail ?? ""));
            else if (told is { Rows: { } rows, Bad: { } bad })
                progress.Report(rows, bad);
            if (told is { ImportId: not null }) last = told;
        }

        if (last is { Code: { } stopped }) throw Stopped(stopped);
        if (last is not { FinishedAt: not null }) throw new HttpRequestException("The answer is not complete.");
        problems.Commit();
        return last.ToReport();
    }

    private static FailureException Stopped(string code) => new(
        code == "import-mismatch" ? ExitCode.Refused : ExitCode.Unavailable,
        code,
        code == "import-mismatch"
            ? "Somebody else sends rows under this name. Wait until that is done, and run this again."
            : "The service stopped before the end of the file.");

    /// <summary>The file, as it is sent: a block at a time, while somebody watches.</summary>
    private sealed class FileContent(string path, Pulse pulse, Func<CancellationToken, Task> watch) : HttpContent
    {
        private const int BlockSize = 64 * 1024;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            using var sent = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var watching = watch(sent.Token);
            try
            {
                await using var file = File.OpenRead(path);
                var block = new byte[BlockSize];
                while (await file.ReadAsync(block, cancellationToken) is > 0 and var count)
                {
                    await stream.WriteAsync(block.AsMemory(0, count), cancellationToken);
                    pulse.Sent();
                }
            }
            finally
            {
                await sent.CancelAsync();
                await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = new FileInfo(path).Length;
            return true;
        }
    }
}

/// <summary>A line of the answer to an import: how far it is, or a row that was not taken.</summary>
internal sealed record ImportLine
{
    public string? ImportId { get; init; }

    public long? Rows { get; init; }

    public long? Registered { get; init; }

    public long? Unchanged { get; init; }

    public long? Bad { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public long? Line { get; init; }

    public string? DeviceId { get; init; }

    public string? Code { get; init; }

    public string? Detail { get; init; }

    internal ImportReport ToReport() => new()
    {
        ImportId = ImportId!,
        Rows = Rows ?? 0,
        Registered = Registered ?? 0,
        Unchanged = Unchanged ?? 0,
        Bad = Bad ?? 0,
        StartedAt = StartedAt!.Value,
        FinishedAt = FinishedAt!.Value,
    };
}
