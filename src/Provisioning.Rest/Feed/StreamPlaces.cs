using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Rest.Feed;

/// <summary>How many streams are open: each holds a connection, and is woken by every event.</summary>
internal sealed class StreamPlaces(FeedOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Place> _taken = [];
    private int _all;

    /// <summary>Takes a place; to be given back by <see cref="Leave"/>.</summary>
    /// <returns>Why there is none, or null.</returns>
    internal Refusal? Enter(Caller caller)
    {
        lock (_lock)
        {
            var mine = _taken.GetValueOrDefault(caller.Actor) ?? new Place();
            if (mine.Streams >= options.StreamsPerCaller || _all >= options.Streams)
            {
                return new Refusal(RefusalCode.TooManyStreams, "Close streams that nobody reads, or read GET /api/v1/revocations from time to time.")
                {
                    RetryAfter = TimeSpan.FromSeconds(30),
                };
            }

            _taken[caller.Actor] = mine;
            mine.Streams++;
            _all++;
            return null;
        }
    }

    /// <summary>
    /// Does something when it is the caller's turn for it: one of its streams at a time, in the order in which they have asked, for the whole
    /// history in ten streams is ten times as much.
    /// </summary>
    /// <typeparam name="T">What comes of it.</typeparam>
    /// <param name="caller">Who has a place.</param>
    /// <param name="work">What is done, for as short as one read of the database: the others wait for it.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>What came of it.</returns>
    internal async Task<T> InTurnAsync<T>(Caller caller, Func<Task<T>> work, CancellationToken ct)
    {
        SemaphoreSlim turn;
        lock (_lock) turn = _taken[caller.Actor].Turn;
        await turn.WaitAsync(ct);
        try
        {
            return await work();
        }
        finally
        {
            turn.Release();
        }
    }

    internal void Leave(Caller caller)
    {
        lock (_lock)
        {
            _all--;
            if (--_taken[caller.Actor].Streams > 0) return;
            _taken[caller.Actor].Turn.Dispose();
            _taken.Remove(caller.Actor);
        }
    }

    private sealed class Place
    {
        internal int Streams { get; set; }

        internal SemaphoreSlim Turn { get; } = new(1);
    }
}
