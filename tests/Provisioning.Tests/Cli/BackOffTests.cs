using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli;
using Provisioning.Cli.Api;

namespace Provisioning.Tests.Cli;

/// <summary>When the command comes back after a failure: README.md, "When to come back".</summary>
public sealed class BackOffTests : IDisposable
{
    private const int Devices = 10_000;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 120)]
    [InlineData(3, 240)]
    [InlineData(6, 1920)]
    [InlineData(7, 3600)]
    [InlineData(100, 3600)]
    public void A_fleet_that_failed_together_comes_back_evenly_over_a_pause_that_doubles_up_to_an_hour(int failures, int seconds)
    {
        var bins = new int[10];
        for (var device = 0; device < Devices; device++)
        {
            var wait = BackOff.Unattended.After(failures);
            Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(seconds));
            bins[Math.Min(9, (int)(wait / TimeSpan.FromSeconds(seconds) * 10))]++;
        }

        Assert.All(bins, bin => Assert.InRange(bin, Devices / 10 * 0.8, Devices / 10 * 1.2));
    }

    [Fact]
    public void Whom_somebody_waits_for_rests_for_half_a_minute_at_most()
    {
        for (var failures = 1; failures < 100; failures++)
            Assert.InRange(BackOff.Attended.After(failures), TimeSpan.Zero, TimeSpan.FromSeconds(Math.Min(30, Math.Pow(2, failures - 1))));
    }

    [Fact]
    public void A_wait_is_never_shorter_than_the_service_asked_for()
    {
        var asked = TimeSpan.FromSeconds(7);
        for (var device = 0; device < 100; device++)
        {
            Assert.InRange(BackOff.Attended.AfterBeingAsked(asked), asked, asked + TimeSpan.FromSeconds(1));
            Assert.InRange(BackOff.Unattended.AfterBeingAsked(asked), asked, asked + TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task A_service_that_says_a_time_is_there_and_what_fails_after_that_fails_for_the_first_time()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var patience = new Patience(TimeSpan.FromDays(1), BackOff.Unattended, _ => { }, time);
        var closed = new FailureException(ExitCode.Unavailable, "unreachable", "As scripted.");
        for (var i = 0; i < 10; i++) await RestAsync(null, TimeSpan.FromMinutes(Math.Min(60, Math.Pow(2, i))));
        await RestAsync(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6));
        await RestAsync(null, TimeSpan.FromMinutes(1));

        async Task RestAsync(TimeSpan? asked, TimeSpan most)
        {
            var rest = patience.WaitAsync(closed, asked, Ct);
            if (asked is { } least)
            {
                time.Advance(least - TimeSpan.FromMilliseconds(1));
                Assert.False(rest.IsCompleted);
                most -= least - TimeSpan.FromMilliseconds(1);
            }

            time.Advance(most);
            Assert.True(rest.IsCompleted);
            await rest;
        }
    }

    [Fact]
    public async Task A_device_by_itself_waits_for_some_part_of_a_minute_before_its_first_request()
    {
        await using var service = await ScriptedService.StartAsync(ScriptedService.Problem(403, "certificate-revoked"));
        using var certificate = TestCertificates.SelfSigned("pump-1");
        using var key = certificate.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(_folder.At("root.pem"), service.Root.ExportCertificatePem(), Ct);
        await File.WriteAllTextAsync(_folder.At("pump-1.pem"), certificate.ExportCertificatePem(), Ct);
        await File.WriteAllTextAsync(_folder.At("pump-1.key"), key.ExportPkcs8PrivateKeyPem(), Ct);

        var (time, resting) = (new RestingTime(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        time.Rests += resting.SetResult;
        var run = CommandLine.RunAsync(
            time, "renew", "--if-due", "--unattended", "--url", service.Url, "--ca", _folder.At("root.pem"),
            "--cert", _folder.At("pump-1.pem"), "--key", _folder.At("pump-1.key"));
        await Task.WhenAny(resting.Task, run).WaitAsync(Ct);

        // Chance may also have said: at once.
        Assert.Equal(resting.Task.IsCompleted ? 0 : 1, service.Requests.Count);
        time.Advance(TimeSpan.FromMinutes(1));

        var done = await run;
        Assert.Equal(((int)ExitCode.NotAllowed, 1), (done.ExitCode, service.Requests.Count));
        Assert.StartsWith("The first request goes out in ", done.Error, StringComparison.Ordinal);
    }

    /// <summary>A clock that tells when somebody rests by it.</summary>
    private sealed class RestingTime : TimeProvider
    {
        private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
        private int _timers;

        internal event Action? Rests;

        public override long TimestampFrequency => _time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

        public override long GetTimestamp() => _time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = _time.CreateTimer(callback, state, dueTime, period);
            if (Interlocked.Increment(ref _timers) == 1) Rests?.Invoke();
            return timer;
        }

        internal void Advance(TimeSpan by) => _time.Advance(by);
    }
}
