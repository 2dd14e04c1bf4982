using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Revocation.Feed;

/// <summary>
/// The audit as relying parties see it. Entries become durable in the order of their numbers, so whoever reads on behind the last number
/// that was seen misses nothing and gets nothing twice, on whichever node.
/// </summary>
/// <exception cref="StorageUnavailableException">Every member: the database cannot be read now.</exception>
public interface IFeedStore
{
    /// <summary>Reads the events behind a number, in order.</summary>
    /// <param name="after">The number; 0 for the beginning.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The events; fewer than the limit when there are no more.</returns>
    ValueTask<IReadOnlyList<FeedEvent>> ReadEventsAsync(long after, int limit, CancellationToken ct);

    /// <summary>The number of the last audit entry of any kind: where "from now on" begins.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The number; 0 when there is none.</returns>
    ValueTask<long> ReadHeadAsync(CancellationToken ct);

    /// <summary>The number of the last event that can be told: one whose record is damaged is none.</summary>
    /// <param name="ct">Gives up.</param>
    /// <returns>The number; 0 when there is none.</returns>
    ValueTask<long> ReadLastEventAsync(CancellationToken ct);

    /// <summary>Counts the events behind a number.</summary>
    /// <param name="after">The number.</param>
    /// <param name="limit">It counts no farther.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The count.</returns>
    ValueTask<long> CountEventsAsync(long after, int limit, CancellationToken ct);
}
