using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Rest.Feed;
using Provisioning.Storage;

namespace Provisioning.Tests.Server.Feed;

/// <summary>A reader that takes nothing costs a connection for a while, and no memory.</summary>
public sealed class SlowReaderTests
{
    [Fact]
    public async Task A_reader_that_takes_nothing_is_cut_off_when_patience_is_over_and_not_before()
    {
        var folder = Directory.CreateTempSubdirectory("provisioning-slow-").FullName;
        await using (var database = await Database.OpenAsync(new DatabaseOptions { DataDirectory = folder }, TestContext.Current.CancellationToken))
        {
            var (time, lifetime) = (new FakeTimeProvider(DateTimeOffset.UnixEpoch), new Lifetime());
            var context = new DefaultHttpContext { Response = { Body = new Stuck() } };
            Caller caller = new Caller.RelyingParty("broker");
            context.Features.Set<CallerNow>(_ => new ValueTask<Outcome<Caller>>(caller));
            context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
            var options = new FeedOptions();
            var stream = new RevocationStream(
                context, database.Feed, database.FeedSignal, options, new StreamPlaces(options), new PublicAddresses("localhost", 80), time);
            var ended = stream.RunAsync(0, CancellationToken.None);
            time.Advance(TimeSpan.FromSeconds(9));
            Assert.False(lifetime.IsAborted || ended.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("slow", await ended);
            Assert.True(lifetime.IsAborted);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_reader_that_takes_its_time_keeps_no_other_stream_of_its_caller_waiting()
    {
        var folder = Directory.CreateTempSubdirectory("provisioning-slow-").FullName;
        await using (var database = await Database.OpenAsync(new DatabaseOptions { DataDirectory = folder }, TestContext.Current.CancellationToken))
        {
            const int events = 350;
            await database.Writer.RunAsync(
                transaction =>
                {
                    for (var i = 0; i < events; i++)
                        transaction.Audit(AuditActions.DeviceSuspended, "test", DateTimeOffset.UnixEpoch, HolderKind.Device, $"pump-{i}", null, null);
                    return true;
                },
                TestContext.Current.CancellationToken);
            var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
            var options = new FeedOptions();
            var places = new StreamPlaces(options);
            Caller caller = new Caller.RelyingParty("broker");
            using var stop = new CancellationTokenSource();
            var (slow, other) = (new Stuck { Takes = 1_000 }, new Stuck { Takes = long.MaxValue });
            var streams = new[] { slow, other }.Select(body => OpenAsync(body)).ToList();

            // The first has taken something of its second page, and takes no more of it for now: nobody's patience is over.
            await TestServer.UntilAsync(() => other.Told == events, TimeSpan.FromSeconds(30));
            Assert.True(slow.Told < events);
            slow.Takes = long.MaxValue;
            await TestServer.UntilAsync(() => slow.Told == events, TimeSpan.FromSeconds(30));
            await stop.CancelAsync();
            Assert.Equal(["stopping", "stopping"], await Task.WhenAll(streams));

            Task<string> OpenAsync(Stream body)
            {
                var context = new DefaultHttpContext { Response = { Body = body } };
                context.Features.Set<CallerNow>(_ => new ValueTask<Outcome<Caller>>(caller));
                context.Features.Set(caller);
                context.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime());
                Assert.Null(places.Enter(caller));
                return new RevocationStream(context, database.Feed, database.FeedSignal, options, places, new PublicAddresses("localhost", 80), time)
                    .RunAsync(0, stop.Token);
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        internal bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsAborted = true;
    }

    /// <summary>A connection whose buffers are full when it has taken so many octets.</summary>
    private sealed class Stuck : MemoryStream
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _room = new();
        private long _takes;
        private int _told;

        internal long Takes
        {
            get => Interlocked.Read(ref _takes);
            set
            {
                Interlocked.Exchange(ref _takes, value);
                Interlocked.Exchange(ref _room, new TaskCompletionSource()).TrySetResult();
            }
        }

        /// <summary>How many events have come.</summary>
        internal int Told => Volatile.Read(ref _told);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (true)
            {
                var room = Volatile.Read(ref _room).Task;
                if (Length < Takes) break;
                await room.WaitAsync(cancellationToken);
            }

            lock (_lock)
            {
                Write(buffer.Span);
                Interlocked.Add(ref _told, buffer.Span.Count("id: "u8));
            }
        }
    }
}
