using System.Buffers.Binary;

namespace Provisioning.Tests.Server.Est;

/// <summary>Passes everything on, and notes the records of TLS with application data that come (RFC 5246 §6.2.1).</summary>
internal sealed class RecordedStream(Stream inner) : Stream
{
    private const int HeadLength = 5;
    private const byte ApplicationData = 23;

    private readonly Lock _change = new();
    private readonly List<byte> _head = [];
    private List<int> _lengths = [];
    private int _left;

    /// <summary>The lengths so far, with what encryption adds; and begins anew.</summary>
    internal IReadOnlyList<int> Take()
    {
        lock (_change)
        {
            var lengths = _lengths;
            _lengths = [];
            return lengths;
        }
    }

    internal void Forget() => Take();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        lock (_change) Note(buffer.Span[..count]);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Note(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            if (_left > 0)
            {
                var taken = Math.Min(_left, octets.Length);
                _left -= taken;
                octets = octets[taken..];
                continue;
            }

            _head.Add(octets[0]);
            octets = octets[1..];
            if (_head.Count < HeadLength) continue;
            _left = BinaryPrimitives.ReadUInt16BigEndian([_head[3], _head[4]]);
            if (_head[0] == ApplicationData) _lengths.Add(_left);
            _head.Clear();
        }
    }
}
