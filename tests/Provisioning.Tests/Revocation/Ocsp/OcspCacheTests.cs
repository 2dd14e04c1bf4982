using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>What is kept, for how long, and what it is good for when nothing else works.</summary>
public sealed class OcspCacheTests
{
    private const int InternalError = 2;
    private const int TryLater = 3;

    [Fact]
    public async Task What_was_signed_is_given_out_for_half_of_its_time()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        var request = OcspRequests.About(house.Issuing, serial);
        var first = await AnswerAsync(house, request);
        house.Time.Advance(house.Options.Validity / 2 - TimeSpan.FromSeconds(1));

        Assert.Same(first, await AnswerAsync(house, request));
        house.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await AnswerAsync(house, request);
        Assert.NotSame(first, second);
        Assert.Equal(house.Time.GetUtcNow(), second.ThisUpdate);
    }

    [Fact]
    public async Task The_row_is_read_each_time_unless_nothing_has_changed_since()
    {
        await using var house = await OcspHouse.StartAsync();
        var (serial, other) = (await house.EnrollAsync("pump-1"), await house.EnrollAsync("pump-2"));
        var request = OcspRequests.About(house.Issuing, serial);
        for (var i = 0; i < 5; i++) await AnswerAsync(house, request);
        Assert.Equal(2, house.Registry.Reads);

        await house.EnrollAsync("pump-3");
        await AnswerAsync(house, request);
        Assert.Equal(2, house.Registry.Reads);

        await house.RevokeAsync(other, "superseded");
        for (var i = 0; i < 5; i++) await AnswerAsync(house, request);
        Assert.Equal(3, house.Registry.Reads);

        // Where others write too nobody knows.
        house.Registry.IsShared = true;
        for (var i = 0; i < 5; i++) await AnswerAsync(house, request);
        Assert.Equal(8, house.Registry.Reads);
    }

    [Fact]
    public async Task What_is_asked_for_often_is_signed_before_anybody_waits_for_it_and_other_answers_are_not()
    {
        await using var house = await OcspHouse.StartAsync();
        var often = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        var once = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-2"));
        for (var i = 0; i < 3; i++) await AnswerAsync(house, often);
        await AnswerAsync(house, once);
        Assert.Equal(0, await house.Responder.SignAheadAsync(TestContext.Current.CancellationToken));
        house.Time.Advance(house.Options.Validity * 0.45);

        Assert.Equal(1, await house.Responder.SignAheadAsync(TestContext.Current.CancellationToken));

        var at = house.Time.GetUtcNow();
        house.Time.Advance(house.Options.Validity * 0.1);
        Assert.Equal(at, (await AnswerAsync(house, often)).ThisUpdate);
        Assert.Equal(house.Time.GetUtcNow(), (await AnswerAsync(house, once)).ThisUpdate);
    }

    [Fact]
    public async Task Signing_ahead_tells_what_the_registry_says_then_and_forgets_what_is_over()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        var request = OcspRequests.About(house.Issuing, serial);
        for (var i = 0; i < 3; i++) await AnswerAsync(house, request);
        await house.RevokeAsync(serial, "superseded");
        house.Time.Advance(house.Options.Validity * 0.45);
        Assert.Equal(1, await house.Responder.SignAheadAsync(TestContext.Current.CancellationToken));
        house.Registry.Failure = new StorageUnavailableException("down");
        Assert.Equal((1, 4), OcspReply.Read((await AnswerAsync(house, request)).Octets).Only.Reading());

        house.Time.Advance(house.Options.Validity);
        await house.Responder.SignAheadAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, house.Responder.Kept);
    }

    [Fact]
    public async Task O_15_memory_is_bounded_whatever_is_asked()
    {
        await using var house = await OcspHouse.StartAsync(new OcspOptions { CacheEntries = 100 });
        var serials = new List<SerialNumber>();
        for (var i = 0; i < 40; i++) serials.Add(await house.EnrollAsync($"pump-{i}"));
        var asked = 0;
        foreach (var hash in new[] { OcspRequests.Sha1, OcspRequests.Sha256 })
        {
            foreach (var hasParameters in new[] { true, false })
            {
                foreach (var serial in serials)
                    await AnswerAsync(house, OcspRequests.Of(OcspRequests.CertId(house.Issuing, serial, hash, hasParameters)));
                asked += serials.Count;
                Assert.InRange(house.Responder.Kept, Math.Min(asked, 50), 100);
            }
        }

        // What nobody has issued pushes nothing out.
        var kept = house.Responder.Kept;
        for (var i = 0; i < 1000; i++) await AnswerAsync(house, OcspRequests.About(house.Issuing, SerialNumber.NewRandom()));
        Assert.Equal(kept, house.Responder.Kept);
    }

    [Fact]
    public async Task What_is_asked_for_stays_while_much_else_comes_and_goes()
    {
        await using var house = await OcspHouse.StartAsync(new OcspOptions { CacheEntries = 100 });
        var request = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-0"));
        var first = await AnswerAsync(house, request);
        for (var i = 1; i < 40; i++)
        {
            var serial = await house.EnrollAsync($"pump-{i}");
            foreach (var hash in new[] { OcspRequests.Sha1, OcspRequests.Sha256 })
            {
                foreach (var hasParameters in new[] { true, false })
                    await AnswerAsync(house, OcspRequests.Of(OcspRequests.CertId(house.Issuing, serial, hash, hasParameters)));
            }

            if (i % 5 == 0) Assert.Same(first, await AnswerAsync(house, request));
        }
    }

    [Fact]
    public async Task O_11_while_the_registry_fails_what_is_kept_and_valid_is_answered_and_else_tryLater()
    {
        await using var house = await OcspHouse.StartAsync();
        var kept = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        var other = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-2"));
        var first = await AnswerAsync(house, kept);
        house.Registry.Failure = new StorageUnavailableException("down");

        house.Time.Advance(house.Options.Validity - TimeSpan.FromSeconds(1));
        Assert.Same(first, await AnswerAsync(house, kept));
        Assert.Equal(TryLater, (await house.AskAsync(other)).Status);
        Assert.Equal(TryLater, (await house.AskAsync(OcspRequests.About(house.Issuing, SerialNumber.NewRandom()))).Status);

        // With a nonce too, as far as it goes: the client sees that its nonce is missing.
        var certId = OcspRequests.CertId(house.Issuing, OcspRequestReader.TryRead(kept)!.CertIds[0].SerialNumber);
        Assert.Null((await house.AskAsync(OcspRequests.WithNonce([1, 2, 3], certId))).Verified(house.Issuing, house.Time.GetUtcNow()).Nonce);

        house.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TryLater, (await house.AskAsync(kept)).Status);
        house.Registry.Failure = null;
        house.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, (await house.AskAsync(kept)).Only.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task O_11_what_is_known_to_be_revoked_is_not_good_again_when_the_registry_fails(bool hasNonce)
    {
        await using var house = await OcspHouse.StartAsync();
        var (one, other) = (await house.EnrollAsync("pump-1"), await house.EnrollAsync("pump-2"));
        var request = OcspRequests.About(house.Issuing, one);
        Assert.Equal(0, (await house.AskAsync(request)).Only.Kind);
        await house.RevokeAsync(one, "superseded");
        var certId = OcspRequests.CertId(house.Issuing, one);
        var asked = hasNonce
            ? OcspRequests.WithNonce([1, 2, 3], certId)
            : OcspRequests.About(house.Issuing, other, one);
        Assert.Contains((await house.AskAsync(asked)).Verified(house.Issuing, house.Time.GetUtcNow()).Singles, single => single.Kind == 1);

        house.Registry.Failure = new StorageUnavailableException("down");
        Assert.Equal(TryLater, (await house.AskAsync(request)).Status);
    }

    [Fact]
    public async Task O_11_a_registry_that_does_not_come_back_is_waited_for_once_and_not_by_everybody()
    {
        await using var house = await OcspHouse.StartAsync();
        var request = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        var first = await AnswerAsync(house, request);
        house.Registry.Hangs = true;
        var waiting = AnswerAsync(house, request);
        await house.Time.WhenArmedAsync(1, OcspReads.Patience);
        Assert.False(waiting.IsCompleted);
        house.Time.Advance(OcspReads.Patience);
        Assert.Same(first, await waiting);

        var reads = house.Registry.Reads;
        for (var i = 0; i < 100; i++) Assert.Same(first, await AnswerAsync(house, request));
        Assert.Equal(reads, house.Registry.Reads);
        house.Registry.Hangs = false;
        house.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Same(first, await AnswerAsync(house, request));
        Assert.Equal(reads + 1, house.Registry.Reads);
    }

    [Fact]
    public async Task TM_39_a_damaged_row_is_not_good_and_takes_no_other_with_it()
    {
        await using var house = await OcspHouse.StartAsync();
        var request = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        house.Registry.Failure = new InvalidDataException("'godo' is not the state of a certificate.");
        Assert.Equal(TryLater, (await house.AskAsync(request)).Status);
        house.Registry.Failure = null;
        Assert.Equal(0, (await house.AskAsync(request)).Only.Kind);
    }

    [Fact]
    public async Task O_12_without_a_key_what_is_kept_is_answered_and_then_internalError()
    {
        await using var house = await OcspHouse.StartAsync();
        var kept = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        var other = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-2"));

        // The authority's key fails from here on, so that nobody certifies another responder.
        house.Server.Authorities.Issuing.Key!.Dispose();
        var end = house.Signers.Ends.Single().NotAfter;
        house.Time.Advance(end - house.Time.GetUtcNow() - TimeSpan.FromMinutes(8));
        Assert.False(await house.Signers.EnsureAllAsync());
        Assert.Contains(house.Server.Log.All, line => line.StartsWith("Critical", StringComparison.Ordinal) && line.Contains("OCSP", StringComparison.Ordinal));

        // O_14: never valid for longer than the certificate of its signer.
        var last = await AnswerAsync(house, kept);
        Assert.Equal(end, last.NextUpdate);
        Assert.Equal(0, OcspReply.Read(last.Octets).Verified(house.Issuing, house.Time.GetUtcNow()).Only.Kind);
        house.Time.Advance(TimeSpan.FromMinutes(8) - TimeSpan.FromSeconds(1));
        Assert.Equal(end, (await AnswerAsync(house, kept)).NextUpdate);
        Assert.Equal(end, (await AnswerAsync(house, other)).NextUpdate);
        house.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(InternalError, (await house.AskAsync(kept)).Status);
        Assert.Equal(InternalError, (await house.AskAsync(other)).Status);
    }

    [Fact]
    public async Task While_the_clock_is_not_believed_nothing_is_signed()
    {
        await using var house = await OcspHouse.StartAsync();
        var kept = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-1"));
        var other = OcspRequests.About(house.Issuing, await house.EnrollAsync("pump-2"));
        var first = await AnswerAsync(house, kept);
        house.Time.StepClock(TimeSpan.FromMinutes(-5));
        Assert.Same(first, await AnswerAsync(house, kept));
        Assert.Equal(TryLater, (await house.AskAsync(other)).Status);
        house.Time.StepClock(TimeSpan.FromDays(400));
        Assert.Equal(TryLater, (await house.AskAsync(kept)).Status);
    }

    [Fact]
    public async Task O_16_every_answer_is_a_whole_OCSPResponse()
    {
        await using var house = await OcspHouse.StartAsync();
        var serial = await house.EnrollAsync("pump-1");
        byte[][] requests =
        [
            [], [0x30], OcspRequests.About(house.Issuing, serial), OcspRequests.About(house.Issuing, SerialNumber.NewRandom()),
            OcspRequests.About(house.Server.Authorities.Root, serial), OcspRequests.WithNonce([1], OcspRequests.CertId(house.Issuing, serial)),
        ];
        foreach (var request in requests)
        {
            var answer = await AnswerAsync(house, request);
            Assert.InRange(answer.Octets.Length, 5, 4096);
            Assert.Equal((int)answer.Status, OcspReply.Read(answer.Octets).Status);
            Assert.Equal(answer.Status == OcspResponseStatus.Successful, answer.Octets.Length > 5);
        }
    }

    private static Task<OcspAnswer> AnswerAsync(OcspHouse house, byte[] request) =>
        house.Responder.AnswerAsync(request, TestContext.Current.CancellationToken).AsTask();
}
