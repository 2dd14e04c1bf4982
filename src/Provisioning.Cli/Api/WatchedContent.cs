using System.Net;
using System.Text;

namespace Provisioning.Cli.Api;

/// <summary>JSON that tells whether any of it has left: before that, the service cannot have begun.</summary>
internal sealed class WatchedContent : HttpContent
{
    private readonly byte[] _json;
    private readonly Action? _leaves;

    /// <param name="json">The body.</param>
    /// <param name="leaves">Told when it begins to leave; or null.</param>
    internal WatchedContent(string json, Action? leaves = null)
    {
        (_json, _leaves) = (Encoding.UTF8.GetBytes(json), leaves);
        Headers.ContentType = new("application/json");
    }

    /// <summary>Whether any of it has left.</summary>
    internal bool WasSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken ct)
    {
        WasSent = true;
        _leaves?.Invoke();
        return stream.WriteAsync(_json, ct).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _json.Length;
        return true;
    }
}
