using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Provisioning.Server.Tls;

/// <summary>
/// One connection at the <see cref="HandshakeGate"/>: it holds a place from the moment at which something of its handshake has arrived to the
/// moment at which it waits for more, and after the handshake none.
/// </summary>
internal sealed class GatedHandshake(HandshakeGate gate, IDuplexPipe transport) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _reader = transport.Input;
    private bool _hasBegun;
    private bool _holds;
    private volatile bool _isOver;

    public PipeReader Input => this;

    public PipeWriter Output { get; } = transport.Output;

    /// <summary>Makes the connections of a listener pass the gate; the handshake comes between the two.</summary>
    internal static ConnectionDelegate Before(HandshakeGate gate, ConnectionDelegate next) => async connection =>
    {
        if (!gate.IsOpen())
        {
            connection.Abort();
            return;
        }

        var transport = connection.Transport;
        var handshake = new GatedHandshake(gate, transport);
        connection.Transport = handshake;
        connection.Items[typeof(GatedHandshake)] = handshake;
        try
        {
            await next(connection);
        }
        finally
        {
            handshake.End();
            connection.Transport = transport;
        }
    };

    /// <summary>The handshake is over.</summary>
    internal static ConnectionDelegate After(ConnectionDelegate next) => connection =>
    {
        ((GatedHandshake)connection.Items[typeof(GatedHandshake)]!).End();
        return next(connection);
    };

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _isOver ? _reader.ReadAsync(cancellationToken) : ReadGatedAsync(cancellationToken);

    public override bool TryRead(out ReadResult result) => _reader.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => _reader.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _reader.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => _reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _reader.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _reader.CompleteAsync(exception);

    private async ValueTask<ReadResult> ReadGatedAsync(CancellationToken ct)
    {
        Leave();
        var result = await _reader.ReadAsync(ct);
        if (result.IsCanceled || result.Buffer.IsEmpty) return result;
        if (!await gate.EnterAsync(_hasBegun, ct)) throw new IOException("More handshakes were wanted than can be done in time.");
        (_holds, _hasBegun) = (true, true);
        return result;
    }

    private void End()
    {
        _isOver = true;
        Leave();
    }

    // The steps of a handshake come one after the other, so nobody else looks at this meanwhile.
    private void Leave()
    {
        if (!_holds) return;
        _holds = false;
        gate.Leave();
    }
}
