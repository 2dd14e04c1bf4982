using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest.Feed;

/// <summary>
/// One open stream. It holds nothing but a number: what a slow reader has not taken stays in the database, and a reader that takes nothing
/// for a while is cut off. Its caller is identified again before every event.
/// </summary>
internal sealed class RevocationStream(
    HttpContext context, IFeedStore feed, FeedSignal signal, FeedOptions options, StreamPlaces places, PublicAddresses addresses, TimeProvider time)
{
    private const int PageSize = 100;

    private static readonly byte[] Heartbeat = ":\n\n"u8.ToArray();

    private readonly CallerNow _caller = context.CallerNow();

    /// <summary>Sends what comes after a number until the client leaves, must leave, or the service stops.</summary>
    /// <param name="after">The number.</param>
    /// <param name="stopping">The service stops: the stream ends in good order.</param>
    /// <returns>Why it has ended, for the metric.</returns>
    internal async Task<string> RunAsync(long after, CancellationToken stopping)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            return await TellAsync(after, end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return stopping.IsCancellationRequested ? "stopping" : "client";
        }
        catch (StorageUnavailableException)
        {
            // A stream that only seems to live is worse than none: the client comes back, and hears why.
            context.Abort();
            return "storage";
        }
    }

    private async Task<string> TellAsync(long after, CancellationToken ct)
    {
        if (!await WriteAsync("retry: 1000\n\n"u8.ToArray(), ct)) return "slow";
        var spoken = time.GetTimestamp();

        // Who has just come may be far behind: it hears what is read first, and waits its turn from then on.
        var isBehind = false;
        while (true)
        {
            var next = signal.Next;
            var events = isBehind ? await ReadInTurnAsync(after, ct) : await feed.ReadEventsAsync(after, PageSize, ct);
            if (!(await _caller(ct)).TryGet(out _, out _))
            {
                context.Abort();
                return "caller";
            }

            if (events.Count > 0 || time.GetElapsedTime(spoken) >= options.Heartbeat)
            {
                if (!await WriteAsync(events.Count > 0 ? ToMessages(events) : Heartbeat, ct)) return "slow";
                FeedMetrics.Sent(events.Count);
                spoken = time.GetTimestamp();
                after = events.Count > 0 ? events[^1].Sequence : after;
            }

            isBehind = events.Count == PageSize;
            if (!isBehind) await FeedSignal.WaitAsync(next, options.Look, time, ct);
            ct.ThrowIfCancellationRequested();
        }
    }

    // A turn is one page, and over before anything is sent: a reader that takes its time is waited for by nobody else.
    private Task<IReadOnlyList<FeedEvent>> ReadInTurnAsync(long after, CancellationToken ct) =>
        places.InTurnAsync(context.CallerOf(), () => feed.ReadEventsAsync(after, PageSize, ct).AsTask(), ct);

    private byte[] ToMessages(IReadOnlyList<FeedEvent> events)
    {
        using var messages = new MemoryStream();
        foreach (var one in events)
        {
            messages.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {one.Sequence}\ndata: ")));
            messages.Write(RevocationEventDocument.Of(one, addresses).ToJson());
            messages.Write("\n\n"u8);
        }

        return messages.ToArray();
    }

    // Waits until the connection has taken it. What the reader does not take fills its buffers first, and then this one's patience.
    private async Task<bool> WriteAsync(byte[] message, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(options.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await context.Response.Body.WriteAsync(message, either.Token);
            await context.Response.Body.FlushAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            context.Abort();
            return false;
        }
    }
}
