using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Provisioning.Tests.Server.Bulk;

/// <summary>
/// A batch that is being sent, by hand: the platform's client reads no answer before it has sent its body.
/// </summary>
internal sealed class OpenBatch : IAsyncDisposable
{
    private readonly RawConnection _connection;
    private readonly StreamReader _answers;

    private OpenBatch(RawConnection connection)
    {
        _connection = connection;
        _answers = new StreamReader(connection.Stream);
    }

    internal static async Task<OpenBatch> BeginAsync(TestServer server, X509Certificate2 certificate)
    {
        var connection = await RawConnection.OpenTlsAsync(server.Https, certificate);
        await connection.SendAsync(
            "POST /api/v1/enrollments/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
        return new OpenBatch(connection);
    }

    /// <summary>Sends a line and waits for its answer.</summary>
    /// <returns>Its status, and its code where it has one.</returns>
    internal async Task<string> AskAsync(string line)
    {
        await _connection.SendAsync($"{line.Length + 1:X}\r\n{line}\n\r\n");
        var answer = await ObjectAsync();
        return $"{answer.GetProperty("status")} {(answer.TryGetProperty("code", out var code) ? code.GetString() : "")}".TrimEnd();
    }

    /// <summary>Ends it and gives the last line of the answer.</summary>
    internal async Task<string?> EndAsync()
    {
        await _connection.SendAsync("0\r\n\r\n");
        string? last;
        do last = await _answers.ReadLineAsync();
        while (last == "");
        return last;
    }

    /// <summary>The first line of an answer that came before any line was asked for.</summary>
    internal Task<string?> StatusLineAsync() => _answers.ReadLineAsync();

    /// <summary>The next line of the answer that is an object, and not a part of HTTP.</summary>
    internal async Task<JsonElement> ObjectAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await _answers.ReadLineAsync(limit.Token) is { } line)
            if (line.StartsWith('{')) return JsonDocument.Parse(line).RootElement;
        throw new EndOfStreamException();
    }

    public async ValueTask DisposeAsync()
    {
        _answers.Dispose();
        await _connection.DisposeAsync();
    }
}
