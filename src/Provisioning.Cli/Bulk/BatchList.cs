using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Provisioning.Cli.Api;
using Provisioning.Cli.Keys;

namespace Provisioning.Cli.Bulk;

/// <summary>An enrollment that is to be sent.</summary>
/// <param name="Line">The line of the list; of a folder, the number of the file.</param>
/// <param name="Body">What is sent.</param>
internal sealed record BatchItem(long Line, EnrollmentBody Body)
{
    private byte[]? _json;

    /// <summary>The same as it is sent, with the end of its line. Made when it is first asked for: most rows of a list that is done are not.</summary>
    internal byte[] Json => _json ??= [.. JsonSerializer.SerializeToUtf8Bytes(Body, ApiJson.TypeOf<EnrollmentBody>()), (byte)'\n'];
}

/// <summary>The enrollments of a list, or of a folder in which each device has a file <c>DEVICE.csr</c>.</summary>
/// <param name="path">The list or folder.</param>
/// <param name="group">The group of every row that names none; null for that of the caller.</param>
/// <param name="lot">The lot likewise.</param>
internal sealed class BatchList(string path, string? group, string? lot)
{
    private const string RequestFiles = "*.csr";

    /// <summary>Counts them.</summary>
    internal async Task<long> CountAsync(CancellationToken ct) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, RequestFiles).LongCount() : await ListFile.CountAsync(path, ct);

    /// <summary>Reads them one by one.</summary>
    /// <returns>Each is either an enrollment, or what is wrong with the row.</returns>
    internal async IAsyncEnumerable<Row<BatchItem>> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var rows = Directory.Exists(path) ? ReadFolder().ToAsyncEnumerable() : ListFile.ReadAsync<BatchRow>(path, ct);
        await foreach (var row in rows.WithCancellation(ct))
            yield return row.Value is null ? new Row<BatchItem>(row.Line, null, row.Problem) : ToItem(row.Line, row.Value);
    }

    private IEnumerable<Row<BatchRow>> ReadFolder() => Directory.EnumerateFiles(path, RequestFiles).Select((file, i) => new Row<BatchRow>(
        i + 1, new BatchRow { DeviceId = Path.GetFileNameWithoutExtension(file), CsrFile = Path.GetFullPath(file) }, null));

    private Row<BatchItem> ToItem(long line, BatchRow row)
    {
        if (row.Csr is null == row.CsrFile is null) return Bad("There is either csr or csrFile.");
        try
        {
            // Nothing but the request is sent, whatever else stands in the list or the file: a private key, for one.
            var request = row.Csr is { } text
                ? RequestFile.LoadText(text)
                : RequestFile.Load(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, row.CsrFile!));
            var body = (row with { Group = row.Group ?? group, Lot = row.Lot ?? lot }).ToBody(request.Pem);
            return new Row<BatchItem>(line, new BatchItem(line, body), null);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return Bad(unreadable.Message);
        }

        Row<BatchItem> Bad(string detail) => new(line, null, new RowProblem(line, row.DeviceId, "malformed", detail));
    }
}
