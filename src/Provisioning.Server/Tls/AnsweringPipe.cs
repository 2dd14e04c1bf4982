using System.IO.Pipelines;

namespace Provisioning.Server.Tls;

/// <summary>What goes to the other side, and whether anything has: for whom the server has written, it has worked.</summary>
internal sealed class AnsweringPipe(PipeWriter writer) : PipeWriter
{
    /// <summary>Something was written.</summary>
    internal bool HasBegun { get; private set; }

    public override bool CanGetUnflushedBytes => writer.CanGetUnflushedBytes;

    public override long UnflushedBytes => writer.UnflushedBytes;

    public override void Advance(int bytes)
    {
        HasBegun = true;
        writer.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => writer.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        HasBegun |= !source.IsEmpty;
        return writer.WriteAsync(source, cancellationToken);
    }

    public override void CancelPendingFlush() => writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => writer.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => writer.CompleteAsync(exception);
}
