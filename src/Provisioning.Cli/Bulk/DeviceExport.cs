using System.Text;
using System.Text.Json;
using Provisioning.Cli.Api;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Bulk;

/// <summary>Fetches the registry line by line. When the answer breaks off, it goes on behind the last whole line.</summary>
internal sealed class DeviceExport(ApiClient client, Progress progress, TextWriter output)
{
    private long _devices;
    private string? _last;
    private bool _hasHeader;

    /// <summary>Writes all devices, each on a line.</summary>
    /// <param name="query">What is asked for, with the <c>format</c> first.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>How many there are.</returns>
    internal async Task<long> RunAsync(IReadOnlyList<(string Name, string? Value)> query, CancellationToken ct)
    {
        var isCsv = query[0].Value == "csv";
        return await client.SendAsync(
            new Exchange<long>(
                _ => new HttpRequestMessage(HttpMethod.Get, "/api/v1/exports/devices" + Lists.Query([.. query, ("after", _last)]))
                {
                    Headers = { Accept = { new(isCsv ? "text/csv" : "application/x-ndjson") } },
                },
                (response, pulse, stop) => ReadAsync(response, isCsv, pulse, stop),
                IsStream: true),
            ct);
    }

    private async Task<long> ReadAsync(HttpResponseMessage response, bool isCsv, Pulse pulse, CancellationToken ct)
    {
        var isHeader = isCsv;
        await foreach (var line in Exchange.LinesOf(response, pulse, ct))
        {
            // An answer that goes on names the columns once more.
            var isRow = !isHeader;
            isHeader = false;
            if (!line.IsWhole || (!isRow && _hasHeader)) continue;
            var text = Encoding.UTF8.GetString(line.Bytes.Span);
            await output.WriteAsync(text + (isCsv ? "\r\n" : "\n"));
            if (isRow) progress.Report(++_devices, 0);
            else _hasHeader = true;
            if (isRow) _last = IdOf(line, isCsv);
        }

        return _devices;
    }

    private static string IdOf(Line line, bool isCsv) => isCsv
        ? CsvRow.TrySplit(line.Bytes.Span, out var cells) ? cells[0] : throw new JsonException("A line of the export cannot be read.")
        : JsonSerializer.Deserialize(line.Bytes.Span, ApiJson.TypeOf<DeviceEntry>())!.DeviceId;
}
