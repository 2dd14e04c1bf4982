using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;

namespace Provisioning.Rest.Feed;

/// <summary>How many streams are open: each holds a connection, and is woken by every event.</summary>
internal sealed class StreamPlaces(FeedOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _taken = [];
    private readonly HashSet<string> _catchingUp = [];
    private int _all;

    /// <summary>Takes a place; to be given back by <see cref="Leave"/>.</summary>
    /// <returns>Why there is none, or null.</returns>
    internal Refusal? Enter(Caller caller)
    {
        lock (_lock)
        {
            var mine = _taken.GetValueOrDefault(caller.Actor);
            if (mine >= options.StreamsPerCaller || _all >= options.Streams)
            {
                return new Refusal(RefusalCode.TooManyStreams, "Close streams that nobody reads, or read GET /api/v1/revocations from time to time.")
                {
                    RetryAfter = TimeSpan.FromSeconds(30),
                };
            }

            _taken[caller.Actor] = mine + 1;
            _all++;
            return null;
        }
    }

    /// <summary>
    /// Takes the caller's turn to read what is far behind: one of its streams at a time, for the whole history in ten streams is ten times as
    /// much. To be given back by <see cref="EndCatchingUp"/>.
    /// </summary>
    /// <returns>False while another one has it.</returns>
    internal bool BeginCatchingUp(Caller caller)
    {
        lock (_lock) return _catchingUp.Add(caller.Actor);
    }

    internal void EndCatchingUp(Caller caller)
    {
        lock (_lock) _catchingUp.Remove(caller.Actor);
    }

    internal void Leave(Caller caller)
    {
        lock (_lock)
        {
            _all--;
            if (--_taken[caller.Actor] == 0) _taken.Remove(caller.Actor);
        }
    }
}
