namespace Provisioning.Tests.Server.Est;

/// <summary>An answer as it came over the wire, octet for octet.</summary>
/// <param name="StatusLine">The first line.</param>
/// <param name="Headers">Every header, in its order and as it is spelled.</param>
/// <param name="Body">The body.</param>
/// <param name="HeadLength">Of status line, headers and the empty line, in octets.</param>
internal sealed record WireAnswer(string StatusLine, IReadOnlyList<(string Name, string Value)> Headers, string Body, int HeadLength)
{
    // What AES-GCM adds to a record in TLS 1.2 (RFC 5288 §3): the explicit nonce and the tag.
    private const int Overhead = 8 + 16;

    /// <summary>The lengths of the records that it came in, as they are on the wire in TLS 1.2.</summary>
    internal IReadOnlyList<int> Records { get; init; } = [];

    /// <summary>True when the server has closed behind it.</summary>
    internal bool HasEnded { get; init; }

    /// <summary>The lengths of what was in the records.</summary>
    internal IReadOnlyList<int> Plain => [.. Records.Select(length => length - Overhead)];

    internal int Status => int.Parse(StatusLine.Split(' ')[1], null);

    /// <summary>The value of the only header of exactly this name; null for none.</summary>
    internal string? this[string name] => Headers.SingleOrDefault(header => header.Name == name).Value;

    /// <summary>Reads an answer, once it is there to its length.</summary>
    internal static WireAnswer? TryRead(byte[] octets)
    {
        var text = System.Text.Encoding.Latin1.GetString(octets);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) return null;
        var lines = text[..end].Split("\r\n");
        var headers = lines[1..].Select(line => (line[..line.IndexOf(": ", StringComparison.Ordinal)], line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]));
        var answer = new WireAnswer(lines[0], [.. headers], text[(end + 4)..], end + 4);
        return answer["Content-Length"] is { } length && answer.Body.Length < int.Parse(length, null) ? null : answer;
    }
}
