using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

/// <summary>Whom a token that is used up accuses.</summary>
public abstract partial class StorageContract
{
    [Fact]
    public async Task TM_05_a_one_time_token_that_comes_again_for_another_device_is_a_sign_against_the_first()
    {
        var token = NewToken(Now, Now.AddDays(1));
        Value(await Database.Tokens.AddTokensAsync([token with { Facts = token.Facts with { Uses = 1 } }], Ct));
        var admission = new Admission { DeviceRevision = null, Token = token.Facts.Id };
        var issued = await IssueAsync(NewReservation() with { Admission = admission });

        await RefusedAsync(NewReservation("pump-2") with { Admission = admission }, RefusalCode.TokenExhausted, CloneSign.ClaimedTwice);
        var entry = (await AuditAsync())[^1];
        Assert.Equal(("pump-1", "claimed-twice pump-2"), (entry.Holder, entry.Detail));

        // The device itself, once more.
        await RevokeAsync(issued, RevocationReason.Superseded);
        var known = (await Database.Devices.FindDeviceAsync(Id("pump-1"), Ct))!;
        await RefusedAsync(NewReservation() with { Admission = admission with { DeviceRevision = known.Revision } }, RefusalCode.TokenExhausted);
    }

    [Fact]
    public async Task A_counted_token_that_is_used_up_accuses_nobody()
    {
        var token = NewToken(Now, Now.AddDays(1));
        Value(await Database.Tokens.AddTokensAsync([token with { Facts = token.Facts with { Uses = 2 } }], Ct));
        var admission = new Admission { DeviceRevision = null, Token = token.Facts.Id };
        for (var i = 1; i <= 2; i++) await IssueAsync(NewReservation($"pump-{i}") with { Admission = admission });
        await RefusedAsync(NewReservation("pump-3") with { Admission = admission }, RefusalCode.TokenExhausted);
    }
}
