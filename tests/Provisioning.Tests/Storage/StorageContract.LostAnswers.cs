using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

/// <summary>What is made up for when an answer got lost with the key in it.</summary>
public abstract partial class StorageContract
{
    private static readonly Digest SameRequest = Digest.Of("the same request"u8);
    private static readonly Digest Signing = Digest.Of("the key that it is signed with"u8);

    [Fact]
    public async Task A_lost_key_gives_its_place_up_when_the_next_is_recorded_and_is_revoked()
    {
        var lost = await IssueAsync(await MadeAsync());
        var again = await MadeAsync();
        Assert.Equal(lost.SerialNumber, again.Replaces);

        // Until then it is what it was: a crash in between loses nothing.
        await ReserveAsync(again);
        Assert.Equal(CertificateState.Current, await StateAsync(lost.SerialNumber));
        await RecordAsync(again);

        Assert.Equal(CertificateState.Superseded, await StateAsync(lost.SerialNumber));
        Assert.Equal(CertificateState.Current, await StateAsync(again.SerialNumber));
        await Database.Successions.RevokeSupersededAsync(Now, 10, Ct);
        Assert.Equal(CertificateState.Revoked, await StateAsync(lost.SerialNumber));
        var entry = Assert.Single(await AuditAsync(), entry => entry.Action == AuditActions.KeyMadeAgain);
        Assert.Equal((lost.SerialNumber.ToString(), again.SerialNumber.ToString()), (entry.SerialNumber, entry.Detail));
    }

    [Fact]
    public async Task Who_was_answered_while_another_key_was_made_keeps_what_it_got()
    {
        // Both found nothing; the later one was faster.
        var slow = await MadeAsync();
        var first = await IssueAsync(await MadeAsync());
        await RefusedAsync(slow, RefusalCode.RequestInProgress);

        // Both found the first one.
        slow = await MadeAsync();
        var second = await IssueAsync(await MadeAsync());
        await RefusedAsync(slow, RefusalCode.RequestInProgress);
        Assert.Equal(CertificateState.Current, await StateAsync(second.SerialNumber));
        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
    }

    [Fact]
    public async Task While_one_is_on_its_way_another_waits()
    {
        await ReserveAsync(await MadeAsync());
        await RefusedAsync(NewMade(), RefusalCode.RequestInProgress);
    }

    [Fact]
    public async Task It_is_made_up_for_five_times_in_a_row_and_who_asks_once_more_is_no_clone()
    {
        // The clock stands still: whatever is newest is so by nothing but its state.
        for (var i = 0; i < 6; i++) await IssueAsync(await MadeAsync());
        await RefusedAsync(NewMade(), RefusalCode.DeviceAlreadyBound);

        // In another life of the device it begins again.
        var last = (await Certificates.ListAsync(new CertificateQuery { State = CertificateState.Current, Limit = 1 }, Ct)).Items[0];
        await RevokeAsync(last, RevocationReason.KeyCompromise);
        await IssueAsync(await MadeAsync());
        await IssueAsync(await MadeAsync());
    }

    [Fact]
    public async Task It_is_made_up_for_within_a_day_of_the_last_and_who_comes_later_is_no_clone()
    {
        await IssueAsync(await MadeAsync());
        Now = Now.AddHours(23);
        await IssueAsync(await MadeAsync());
        Now = Now.AddHours(23);
        await IssueAsync(await MadeAsync());
        Now = Now.AddHours(25);
        await RefusedAsync(NewMade(), RefusalCode.DeviceAlreadyBound);

        // Where a person looks at each, a person may take as long as it takes.
        var waiting = NewMade() with { Admission = new Admission { DeviceRevision = await RevisionAsync(), NeedsApproval = true } };
        Assert.NotNull(Assert.IsType<ReserveResult.Reserved>(await Certificates.ProbeAsync(waiting, true, Ct)).Replaces);
    }

    [Fact]
    public async Task What_was_shown_was_not_lost()
    {
        var issued = await IssueAsync(await MadeAsync());
        var again = await MadeAsync();
        await Certificates.ConfirmAsync(issued.SerialNumber, Succession.Immediate, Now, Ct);
        await RefusedAsync(again, RefusalCode.RequestInProgress);
        await RefusedAsync(NewMade(), RefusalCode.DeviceAlreadyBound);
    }

    [Fact]
    public async Task Another_request_makes_up_for_nothing_and_is_a_sign()
    {
        await IssueAsync(await MadeAsync());
        await RefusedAsync(NewMade() with { RequestHash = NewDigest() }, RefusalCode.DeviceAlreadyBound, CloneSign.SecondKey);
        Now = Now.AddHours(2);
        await RefusedAsync(NewMade() with { Requester = "registrar:other" }, RefusalCode.DeviceAlreadyBound, CloneSign.SecondKey);
        Now = Now.AddHours(2);
        await RefusedAsync(NewMade() with { SignedWith = null }, RefusalCode.DeviceAlreadyBound, CloneSign.SecondKey);
    }

    [Theory]
    [InlineData("shown")]
    [InlineData("held")]
    [InlineData("revoked")]
    public async Task What_becomes_of_the_lost_one_while_the_next_is_signed_counts(string what)
    {
        var lost = await IssueAsync(await MadeAsync());
        var again = await MadeAsync();
        await ReserveAsync(again);
        if (what == "shown") await Certificates.ConfirmAsync(lost.SerialNumber, Succession.Immediate, Now, Ct);
        else await RevokeAsync(lost, what == "held" ? RevocationReason.CertificateHold : RevocationReason.Superseded);
        var expected = await StateAsync(lost.SerialNumber);

        Assert.Equal(RefusalCode.RequestInProgress, Code(await Certificates.RecordAsync(again, DerOf(again), Now, Ct)));
        Assert.Equal(CertificateState.Abandoned, await StateAsync(again.SerialNumber));
        Assert.Equal(expected, await StateAsync(lost.SerialNumber));
    }

    [Fact]
    public async Task The_use_of_the_token_is_the_first_ones_and_a_token_that_is_not_good_any_more_is_refused()
    {
        var token = NewToken(Now, Now.AddHours(2));
        Value(await Database.Tokens.AddTokensAsync([token with { Facts = token.Facts with { Uses = 1 } }], Ct));
        var admission = new Admission { DeviceRevision = null, Token = token.Facts.Id };
        for (var i = 0; i < 3; i++) await IssueAsync(await MadeAsync(admission));
        Assert.Equal(1, (await Database.Tokens.FindTokenAsync(token.Facts.Id, Ct))!.Value.Token.Used);

        Now = Now.AddHours(3);
        await RefusedAsync(await MadeUnprobedAsync(admission), RefusalCode.TokenExpired);
        Now = Now.AddHours(-3);
        Value(await Database.Tokens.RevokeTokenAsync(token.Facts.Id, Admin, Now, Ct));
        await RefusedAsync(await MadeUnprobedAsync(admission), RefusalCode.BadToken);
    }

    [Fact]
    public async Task The_unit_is_the_first_ones_and_a_lot_that_is_closed_takes_nothing_more()
    {
        await OpenAsync(NewLot(quota: 1));
        for (var i = 0; i < 3; i++) await IssueAsync(await MadeAsync((await ForLotAsync("pump-1")).Admission));
        Assert.Equal((1, 0, 0, 0), await CountsAsync());

        // What came to nothing gives nothing back: the unit is there.
        var again = await MadeAsync((await ForLotAsync("pump-1")).Admission);
        await ReserveAsync(again);
        Assert.True(await Certificates.AbandonAsync(again.SerialNumber, Now, Ct));
        Assert.Equal((1, 0, 0, 0), await CountsAsync());
        Value(await Lots.CloseLotAsync(Order, Admin, Now, Ct));
        await RefusedAsync(await MadeUnprobedAsync((await ForLotAsync("pump-1")).Admission), RefusalCode.LotClosed);
        Assert.Empty(await MismatchesAsync());
    }

    [Fact]
    public async Task A_registrars_day_counts_the_device_once()
    {
        await Database.Authorities.AddPrincipalAsync("line", HolderKind.Registrar, Now, Ct);
        var admission = new Admission { DeviceRevision = null, Registrar = "line", DailyLimit = 1 };
        for (var i = 0; i < 3; i++) await IssueAsync(await MadeAsync(admission));
        await RefusedAsync(NewReservation("pump-2") with { Admission = admission }, RefusalCode.DailyLimit);
    }

    [Fact]
    public async Task A_claim_is_made_up_for_as_long_as_its_batch_is_good()
    {
        await AddBatchAsync();
        for (var i = 0; i < 3; i++) await IssueAsync(await MadeAsync(Claiming));
        Value(await Database.ClaimBatches.RevokeBatchAsync("week-4", RevocationReason.Superseded, Admin, Now, Ct));
        await RefusedAsync(await MadeUnprobedAsync(Claiming), RefusalCode.NotAllowed);
    }

    [Fact]
    public async Task A_device_that_is_stopped_gets_no_other_key()
    {
        await IssueAsync(await MadeAsync());
        var again = await MadeUnprobedAsync(null);
        await ChangeAsync("pump-1", DeviceChange.Suspend);
        await RefusedAsync(again, RefusalCode.DeviceSuspended);
    }

    [Fact]
    public async Task A_request_that_is_signed_with_somebody_elses_key_would_share_its_answers()
    {
        var other = await IssueAsync(NewReservation("pump-2"));
        var line = await IssueAsync(NewReservation("line") with { HolderKind = HolderKind.Registrar });
        foreach (var key in new[] { other.KeyThumbprint, line.KeyThumbprint })
            await RefusedAsync(NewMade() with { SignedWith = key }, RefusalCode.KeyInUse);
        await RevokeAsync(other, RevocationReason.KeyCompromise);
        await RefusedAsync(NewMade() with { SignedWith = other.KeyThumbprint }, RefusalCode.KeyBlocked);

        // Its own, from another life of it.
        var own = await IssueAsync(NewReservation());
        await RevokeAsync(own, RevocationReason.Superseded);
        await ReserveAsync(NewMade() with { SignedWith = own.KeyThumbprint });
    }

    private Reservation NewMade() => NewReservation() with { SignedWith = Signing, RequestHash = SameRequest };

    // As the pipeline does: it is asked what would be replaced, and then a key is made.
    private async Task<Reservation> MadeAsync(Admission? admission = null)
    {
        var planned = NewMade() with { Admission = admission is null ? null : admission with { DeviceRevision = await RevisionAsync() } };
        return planned with { Replaces = Assert.IsType<ReserveResult.Reserved>(await Certificates.ProbeAsync(planned, true, Ct)).Replaces };
    }

    // What it would replace is what is current, whether it would be refused or not.
    private async Task<Reservation> MadeUnprobedAsync(Admission? admission)
    {
        var current = (await Certificates.ListAsync(new CertificateQuery { State = CertificateState.Current, Holder = "pump-1", Limit = 1 }, Ct)).Items[0];
        return NewMade() with
        {
            Admission = admission is null ? null : admission with { DeviceRevision = await RevisionAsync() },
            Replaces = current.SerialNumber,
        };
    }

    private async Task<long?> RevisionAsync() => (await Database.Devices.FindDeviceAsync(Id("pump-1"), Ct))?.Revision;
}
