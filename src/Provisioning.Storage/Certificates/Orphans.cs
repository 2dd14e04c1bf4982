using System.Collections.Concurrent;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>
/// Gives reservations up, and keeps in mind those that nobody will sign but whose giving up is not on record yet, because the
/// database failed. They would block their devices until the next start.
/// </summary>
internal sealed class Orphans(Writer writer)
{
    private readonly ConcurrentQueue<(SerialNumber SerialNumber, DateTimeOffset At)> _left = [];

    /// <summary>A reservation that may be there, and must not.</summary>
    public void Add(SerialNumber serialNumber, DateTimeOffset at) => _left.Enqueue((serialNumber, at));

    public async Task<bool> AbandonAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct)
    {
        try
        {
            return await writer.RunAsync(transaction => Abandon(transaction, serialNumber, at), ct, wasLetIn: true);
        }
        catch
        {
            // Whatever it was, it is thrown on; the reservation only must not be forgotten.
            Add(serialNumber, at);
            throw;
        }
    }

    /// <summary>Queues what is left, before whatever the caller queues next, and does not wait for it.</summary>
    public void BeginSweep()
    {
        if (!_left.IsEmpty) _ = SweepAsync(CancellationToken.None);
    }

    /// <summary>Tries once for each that is left; they share a commit.</summary>
    /// <exception cref="StorageUnavailableException">The database still does not work; nothing is forgotten.</exception>
    public Task SweepAsync(CancellationToken ct)
    {
        // Counted first, because those that fail at once are put back while this runs.
        var tries = new List<Task>();
        for (var count = _left.Count; count > 0 && _left.TryDequeue(out var orphan); count--)
            tries.Add(AbandonAsync(orphan.SerialNumber, orphan.At, CancellationToken.None));
        return Task.WhenAll(tries).WaitAsync(ct);
    }

    private static bool Abandon(Transaction transaction, SerialNumber serialNumber, DateTimeOffset at)
    {
        var row = CertificateRow.Find(transaction, serialNumber);
        if (row is not { State: CertificateState.Reserved } reserved) return false;
        CertificateStates.Abandon(transaction, reserved, at);
        return true;
    }
}
