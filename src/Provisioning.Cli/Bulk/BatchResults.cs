using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Provisioning.Cli.Api;
using Provisioning.Cli.Files;
using Provisioning.Cli.Options;

namespace Provisioning.Cli.Bulk;

/// <summary>
/// What became of the enrollments of a list: one line for each device and slot, whatever runs it took. The certificates are in the
/// lines, or in a folder, in which one is on the disk before its line is.
/// </summary>
internal sealed class BatchResults : IDisposable
{
    // Of a device and slot only 16 octets are kept: a list of a million costs about 40 MB, and none of it has to be read twice.
    private readonly HashSet<UInt128> _known = [];
    private readonly ArrayBufferWriter<byte> _lines = new();
    private readonly string? _folder;
    private ResumableFile? _file;

    private BatchResults(string? folder) => _folder = folder;

    /// <summary>Opens them, and cuts off what the run before could not finish.</summary>
    /// <param name="path">The file; it need not be there.</param>
    /// <param name="folder">Where certificates go, or null for the file.</param>
    /// <param name="forgetRefused">Takes the refusals out first, so that those units are tried again.</param>
    /// <param name="ct">Gives up.</param>
    internal static async Task<BatchResults> OpenAsync(string path, string? folder, bool forgetRefused, CancellationToken ct)
    {
        if (folder is not null) Directory.CreateDirectory(folder);
        var results = new BatchResults(folder);
        results._file = await ResumableFile.OpenAsync(path, BatchResult.Start, line => results.Know(Parse(line)), ct);
        if (!forgetRefused) return results;
        results.Dispose();
        await ResumableFile.FilterAsync(path, line => Parse(line).SerialNumber is not null, ct);
        return await OpenAsync(path, folder, forgetRefused: false, ct);
    }

    /// <summary>Whether a device is to be enrolled still. Asked once for each row, and false for a second row of the same device.</summary>
    internal bool IsNew(EnrollmentBody body) => _known.Add(KeyOf(body.DeviceId, body.Slot));

    /// <summary>Keeps results; when this returns, they are on the disk.</summary>
    internal void Append(IReadOnlyList<BatchResult> results)
    {
        if (results.Count == 0) return;
        if (_folder is not null) results = WriteCertificates(_folder, results);
        _lines.ResetWrittenCount();
        foreach (var result in results)
        {
            using (var json = new Utf8JsonWriter(_lines, ApiJson.WriterOptions))
                JsonSerializer.Serialize(json, result, ApiJson.TypeOf<BatchResult>());
            _lines.Write("\n"u8);
        }

        _file!.Append(_lines.WrittenSpan);
    }

    public void Dispose() => _file?.Dispose();

    private static List<BatchResult> WriteCertificates(string folder, IReadOnlyList<BatchResult> results)
    {
        var files = new List<(string Path, string Content)>(results.Count);
        var told = new List<BatchResult>(results.Count);
        foreach (var result in results)
        {
            if (result.Certificate is null)
            {
                told.Add(result);
                continue;
            }

            // No device ID has an '@' in it, so that two certificates never have one name.
            var slot = result.Slot is null ? "" : "@" + result.Slot;
            var path = Path.Combine(folder, DeviceIds.Check(result.DeviceId!) + slot + ".pem");
            files.Add((path, result.Certificate));
            told.Add(result with { Certificate = null, CertificateFile = path });
        }

        AtomicFile.WriteAll(files, AtomicFile.Readable);
        return told;
    }

    private static BatchResult Parse(Line line)
    {
        try
        {
            return JsonSerializer.Deserialize(line.Bytes.Span, ApiJson.TypeOf<BatchResult>())!;
        }
        catch (JsonException damaged)
        {
            throw FailureException.Usage($"Line {line.Number} of the results cannot be read: {damaged.Message}", damaged);
        }
    }

    private static UInt128 KeyOf(string? deviceId, string? slot)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{deviceId}\n{slot}"), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private void Know(BatchResult result) => _known.Add(KeyOf(result.DeviceId, result.Slot));
}
