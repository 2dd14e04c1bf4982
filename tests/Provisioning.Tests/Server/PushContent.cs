using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;

namespace Provisioning.Tests.Server;

/// <summary>A body that a test sends piece by piece, each at once, while the answer is already coming.</summary>
internal sealed class PushContent : HttpContent
{
    private readonly Channel<string> _pieces = Channel.CreateUnbounded<string>();

    internal PushContent(string mediaType) => Headers.ContentType = new MediaTypeHeaderValue(mediaType);

    /// <summary>A piece has left.</summary>
    internal bool IsUnderWay { get; private set; }

    internal void Push(string piece) => _pieces.Writer.TryWrite(piece);

    internal void End() => _pieces.Writer.TryComplete();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.FlushAsync(cancellationToken);
        await foreach (var piece in _pieces.Reader.ReadAllAsync(cancellationToken))
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(piece), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            IsUnderWay = true;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
