using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Provisioning.Core.Authorities;
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

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        internal bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsAborted = true;
    }

    /// <summary>A connection whose buffers are full.</summary>
    private sealed class Stuck : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
