using System.Net.Sockets;

namespace Provisioning.Benchmarks;

/// <summary>A device's connection: what it computes from what has come, it computes in its turn.</summary>
internal sealed class OutageStream(Socket socket, OutageTurns turns) : NetworkStream(socket)
{
    private bool _holds;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Leave();
        var length = await base.ReadAsync(buffer, cancellationToken);
        if (length == 0) return 0;
        await turns.EnterAsync(cancellationToken);
        _holds = true;
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        Leave();
        base.Dispose(disposing);
    }

    // The steps of a connection come one after the other.
    private void Leave()
    {
        if (!_holds) return;
        _holds = false;
        turns.Leave();
    }
}
