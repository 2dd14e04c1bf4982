using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Provisioning.Server.Limits;

namespace Provisioning.Server.Tls;

/// <summary>
/// One connection at the <see cref="HandshakeGate"/>: it holds a place from the moment at which something of its handshake has arrived to the
/// moment at which it waits for more, and after the handshake none. Who hangs up waits no longer.
/// </summary>
internal sealed class GatedHandshake(HandshakeGate gate, ConnectionContext connection) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _reader = connection.Transport.Input;
    private readonly AnsweringPipe _answers = new(connection.Transport.Output);
    private readonly CallerAddress _address = CallerAddress.Of(connection.RemoteEndPoint);
    private bool _holds;
    private volatile bool _isOver;

    public PipeReader Input => this;

    public PipeWriter Output => _answers;

    /// <summary>Closes the connections that have no chance, before anything is made for them.</summary>
    internal static ConnectionDelegate First(HandshakeGate gate, ConnectionDelegate next) => connection =>
    {
        if (gate.IsOpen(CallerAddress.Of(connection.RemoteEndPoint))) return next(connection);
        connection.Abort();
        return Task.CompletedTask;
    };

    /// <summary>Makes the connections of a listener pass the gate; the handshake comes between the two.</summary>
    internal static ConnectionDelegate Before(HandshakeGate gate, ConnectionDelegate next) => async connection =>
    {
        var transport = connection.Transport;
        var handshake = new GatedHandshake(gate, connection);
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
        // SslStream asks twice for everything: first whether it is there.
        var reading = _reader.ReadAsync(ct);
        if (!reading.IsCompleted) Leave();
        var result = await reading;
        if (_holds || result.IsCanceled || result.Buffer.IsEmpty) return result;
        HeldConnection.Of(connection)?.Speak();

        // The transport reads ahead of us (up to a megabyte), so it sees the end of a connection that nobody reads from here. Half of an end is
        // a whole one, as it is to Kestrel's HTTP.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct, connection.ConnectionClosed);

        // Octets are no work: only whom something was answered goes before the others. Else one octet at a time would.
        if (!await gate.EnterAsync(_address, _answers.HasBegun, end.Token)) throw new IOException("More handshakes were wanted than can be done in time.");
        _holds = true;
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
