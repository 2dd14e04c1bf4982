using Provisioning.Server.Limits;

namespace Provisioning.Tests.Server.Limits;

/// <summary>When those come back who were turned away: a fleet is played against a service that can do so much a second.</summary>
public sealed class BacklogTests
{
    private const int Seed = 20261122;

    [Theory]
    [InlineData(100, 10)]
    [InlineData(10_000, 100)]
    [InlineData(100_000, 300)]
    public void A_fleet_that_comes_at_once_is_served_soon_and_without_much_in_vain(int devices, int perSecond)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var backlog = new Backlog(time);
        var random = new Random(Seed);
        var calls = new PriorityQueue<int, long>();
        for (var device = 0; device < devices; device++) calls.Enqueue(device, 0);
        var (served, refused, second) = (0, 0, 0);
        for (; calls.Count > 0; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            for (var left = perSecond; calls.TryPeek(out var device, out var at) && at <= second;)
            {
                calls.Dequeue();
                if (left-- > 0)
                {
                    backlog.Served();
                    served++;
                    continue;
                }

                refused++;
                var wait = backlog.Refuse(random.NextDouble());
                Assert.InRange(wait.TotalSeconds, 1, 1 + Backlog.Longest);
                calls.Enqueue(device, second + (long)Math.Ceiling(wait.TotalSeconds));
            }
        }

        var best = (double)devices / perSecond;
        TestContext.Current.TestOutputHelper?.WriteLine($"{devices} at {perSecond}/s: {second} s, at best {best:F0} s; {(double)refused / devices:F1} refusals each");
        Assert.Equal(devices, served);
        Assert.InRange(second, best, (4 * best) + 30);
        Assert.InRange((double)refused / devices, 0.5, 6);
    }

    [Fact]
    public void After_a_crowd_a_single_one_is_not_told_to_wait_for_long()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var backlog = new Backlog(time);
        for (var second = 0; second < 20; second++)
        {
            for (var device = 0; device < 1000; device++) backlog.Refuse(0.5);
            for (var device = 0; device < 10; device++) backlog.Served();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(backlog.Refuse(0.99) > TimeSpan.FromMinutes(5));
        time.Advance(TimeSpan.FromHours(2));
        for (var device = 0; device < 10; device++) backlog.Served();
        Assert.InRange(backlog.Refuse(0.99).TotalSeconds, 1, 1 + Backlog.Shortest);
    }
}
