using System.Text;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Devices;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Manifests;

/// <summary>
/// Reads a manifest in CSV (RFC 4180, but no line break inside a field): a first line with the names of the columns, <c>deviceId</c> among
/// them; <c>keyThumbprint</c> or <c>publicKey</c> (SubjectPublicKeyInfo in base64); all others are attributes.
/// </summary>
internal sealed class CsvManifest
{
    private const int MaxLine = 8 * 1024;
    private const int MaxColumns = 32;
    private readonly IReadOnlyList<string> _columns;

    private CsvManifest(IReadOnlyList<string> columns) => _columns = columns;

    /// <summary>Reads the first line.</summary>
    /// <param name="line">The line, or null for an empty file.</param>
    /// <returns>The reader of the other lines, or why there is none.</returns>
    internal static Outcome<CsvManifest> ReadHeader(string? line)
    {
        if (line is null || Split(line.TrimStart('\uFEFF')) is not { } columns) return Bad("The first line names the columns, separated by commas.");
        if (!columns.Contains("deviceId")) return Bad("A column 'deviceId' is needed.");
        if (columns.Distinct(StringComparer.Ordinal).Count() != columns.Count || columns.Count > MaxColumns)
            return Bad($"At most {MaxColumns} columns are read, each once.");
        var wrong = columns.FirstOrDefault(name => DeviceAttributes.CheckName(name) is not null);
        return wrong is null ? new CsvManifest(columns) : Bad("The name of a column is not one of an attribute.");
    }

    /// <summary>Reads one line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <returns>The device, or why not.</returns>
    internal Outcome<ExpectedDevice> Read(string line)
    {
        if (line.Contains(Rune.ReplacementChar.ToString(), StringComparison.Ordinal)) return Bad("The line is not UTF-8.");
        if (Split(line) is not { } fields || fields.Count != _columns.Count) return Bad($"The line does not have {_columns.Count} proper fields.");
        var (id, key, attributes) = ("", (Digest?)null, new Dictionary<string, string>());
        for (var i = 0; i < fields.Count; i++)
        {
            if (_columns[i] == "deviceId") id = fields[i];
            else if (fields[i].Length == 0) continue;
            else if (_columns[i] is not ("keyThumbprint" or "publicKey")) attributes[_columns[i]] = fields[i];
            else if (!ReadKey(_columns[i], fields[i]).TryGet(out var read, out var refusal)) return refusal;
            else if (key is { } other && other != read) return Bad("The public key is not the one of the thumbprint.");
            else key = read;
        }

        return DeviceId.TryParse(id, out var device)
            ? new ExpectedDevice(device) { Key = key, Attributes = attributes.Count == 0 ? null : attributes }
            : new Refusal(RefusalCode.BadDeviceId, "The field deviceId is not the ID of a device.");
    }

    private static Outcome<Digest> ReadKey(string column, string text)
    {
        if (column == "keyThumbprint")
        {
            return Digest.TryParse(text, out var thumbprint)
                ? thumbprint
                : Bad("A key thumbprint is the SHA-256 of the SubjectPublicKeyInfo, 64 hexadecimal digits.");
        }

        if (!Base64Lines.Decode(text, MaxLine).TryGet(out var der, out var refusal)) return refusal;
        return SubjectPublicKeyReader.Read(der, out var key) is { } bad ? bad : Digest.Of(key.SubjectPublicKeyInfo);
    }

    // Null when a quote is not where it may be.
    private static List<string>? Split(string line)
    {
        if (line.Length > MaxLine) return null;
        var (fields, field, at) = (new List<string>(), new StringBuilder(), 0);
        while (true)
        {
            field.Clear();
            if (at < line.Length && line[at] == '"')
            {
                for (at++; ; at++)
                {
                    if (at >= line.Length) return null;
                    if (line[at] != '"') field.Append(line[at]);
                    else if (at + 1 < line.Length && line[at + 1] == '"') field.Append(line[at++]);
                    else break;
                }

                at++;
                if (at < line.Length && line[at] != ',') return null;
            }
            else
            {
                for (; at < line.Length && line[at] != ','; at++)
                {
                    if (line[at] == '"') return null;
                    field.Append(line[at]);
                }
            }

            fields.Add(field.ToString());
            if (at >= line.Length) return fields;
            at++;
        }
    }

    private static Refusal Bad(string detail) => new(RefusalCode.Malformed, detail);
}
