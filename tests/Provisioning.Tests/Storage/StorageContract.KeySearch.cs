using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeySearch;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Storage;

// IKeySearchStore.
public abstract partial class StorageContract
{
    [Fact]
    public async Task Certificates_of_devices_are_read_in_the_order_in_which_they_were_recorded()
    {
        var (first, second) = (NewReservation("pump-1"), NewReservation("pump-2"));
        await ReserveAsync(first);
        await ReserveAsync(second);
        await RecordAsync(second);
        await IssueAsync(NewReservation("admin") with { HolderKind = HolderKind.Administrator, Profile = "administrator" });
        await RevokeAsync(await RecordAsync(first), RevocationReason.Superseded);

        var all = await Database.KeySearch.ReadIssuedAsync(0, 100, Ct);

        Assert.Equal((0, (await AuditAsync()).Count), (all.Lost, (int)all.Last));
        Assert.Equal(
            [("pump-2", second.KeyThumbprint), ("pump-1", first.KeyThumbprint)],
            all.Items.Select(item => (item.DeviceId, item.KeyThumbprint)));
        Assert.Equal(DerOf(second), all.Items[0].Der.ToArray());
        Assert.Equivalent(new IssuedKeys(all.Last, [], 0), await Database.KeySearch.ReadIssuedAsync(all.Last, 100, Ct));

        // Piece by piece, also where a piece has none of them.
        var devices = new List<string>();
        for (long after = 0, next = -1; next != after;)
        {
            if (next >= 0) after = next;
            var piece = await Database.KeySearch.ReadIssuedAsync(after, 1, Ct);
            devices.AddRange(piece.Items.Select(item => item.DeviceId));
            next = piece.Last;
        }

        Assert.Equal(["pump-2", "pump-1"], devices);
    }

    [Fact]
    public async Task A_certificate_that_was_lost_is_counted_and_the_others_are_read()
    {
        foreach (var device in new[] { "pump-1", "pump-2", "pump-3" }) await IssueAsync(NewReservation(device));
        Assert.Equal(1, await WriteAsync("""
            DELETE FROM certificate_der WHERE serial IN (SELECT serial FROM certificates WHERE holder = 'pump-2')
            """));

        var issued = await Database.KeySearch.ReadIssuedAsync(0, 100, Ct);

        Assert.Equal(1, issued.Lost);
        Assert.Equal(["pump-1", "pump-3"], issued.Items.Select(item => item.DeviceId));
    }

    [Fact]
    public async Task Keys_are_numbered_once_and_the_position_survives_a_restart()
    {
        Assert.Equal(default, await Database.KeySearch.ReadPositionAsync(Ct));
        var (first, second, third) = (NewKey("pump-1"), NewKey("pump-2"), NewKey("pump-3"));
        await Database.KeySearch.AddKeysAsync([first, second], 17, Ct);
        await Database.KeySearch.AddKeysAsync([second, third, first], 23, Ct);
        await Database.KeySearch.MarkSearchedAsync(2, Ct);
        await RestartAsync();

        Assert.Equal(new KeySearchPosition(23, 2), await Database.KeySearch.ReadPositionAsync(Ct));
        var keys = await Database.KeySearch.ReadKeysAsync(0, 100, Ct);
        Assert.Equal([(1, "pump-1"), (2, "pump-2"), (3, "pump-3")], keys.Select(key => ((int)key.Number, key.DeviceId)));
        Assert.Equal(third.Modulus.ToArray(), keys[2].Modulus.ToArray());
        Assert.Equal(third.KeyThumbprint, keys[2].KeyThumbprint);
        Assert.Equal([2L], (await Database.KeySearch.ReadKeysAsync(1, 1, Ct)).Select(key => key.Number));
        Assert.Empty(await Database.KeySearch.ReadKeysAsync(3, 1, Ct));
    }

    [Fact]
    public async Task K_07_both_devices_are_quarantined_and_both_keys_blocked_once()
    {
        var (first, second) = (await IssueWithKeyAsync("pump-1"), await IssueWithKeyAsync("pump-2"));
        var entries = (await AuditAsync()).Count;

        Assert.Equal(2, await Database.KeySearch.RecordSharedPrimeAsync(new SharedPrime(first.Key, second.Key), Now, Ct));

        var all = await AuditAsync();
        Assert.Equal(
            [
                (AuditActions.KeySharesPrime, "pump-1", $"{first.Key.KeyThumbprint} {second.Key.KeyThumbprint} pump-2"),
                (AuditActions.KeySharesPrime, "pump-2", $"{second.Key.KeyThumbprint} {first.Key.KeyThumbprint} pump-1"),
                (AuditActions.DeviceQuarantined, "pump-1", "shared-prime"),
                (AuditActions.DeviceQuarantined, "pump-2", "shared-prime"),
            ],
            all.Skip(entries).Select(entry => (entry.Action, entry.Holder, entry.Detail)));
        foreach (var (key, certificate) in new[] { first, second })
        {
            Assert.Equal(DeviceState.Quarantined, await DeviceStateAsync(key.DeviceId));
            Assert.Equal(CertificateState.Current, await StateAsync(certificate.SerialNumber));
            await RefusedAsync(NewRenewal(certificate), RefusalCode.DeviceQuarantined);
            await RefusedAsync(NewReservation("pump-9") with { KeyThumbprint = key.KeyThumbprint }, RefusalCode.KeyBlocked);
        }

        // The same again, in whichever order, and after somebody has let a device out.
        await WriteAsync("UPDATE devices SET state = 'active' WHERE device_id = 'pump-2'");
        Assert.Equal(0, await Database.KeySearch.RecordSharedPrimeAsync(new SharedPrime(second.Key, first.Key), Now, Ct));
        Assert.Equal(DeviceState.Active, await DeviceStateAsync("pump-2"));
        Assert.Equal(entries + 4, (await AuditAsync()).Count);
    }

    [Fact]
    public async Task K_07_a_third_key_is_news_for_itself_only_and_two_keys_of_one_device_quarantine_it_once()
    {
        var (first, second) = (await IssueWithKeyAsync("pump-1"), await IssueWithKeyAsync("pump-2"));
        await Database.KeySearch.RecordSharedPrimeAsync(new SharedPrime(first.Key, second.Key), Now, Ct);
        var third = await IssueWithKeyAsync("pump-3");
        var entries = (await AuditAsync()).Count;

        Assert.Equal(1, await Database.KeySearch.RecordSharedPrimeAsync(new SharedPrime(first.Key, third.Key), Now, Ct));

        Assert.Equal(
            [(AuditActions.KeySharesPrime, "pump-3"), (AuditActions.DeviceQuarantined, "pump-3")],
            (await AuditAsync()).Skip(entries).Select(entry => (entry.Action, entry.Holder!)));

        var own = await IssueWithKeyAsync("pump-4");
        var renewed = await IssueWithKeyAsync("pump-4", own.Certificate);
        entries = (await AuditAsync()).Count;
        Assert.Equal(2, await Database.KeySearch.RecordSharedPrimeAsync(new SharedPrime(own.Key, renewed.Key), Now, Ct));
        Assert.Equal(
            [AuditActions.KeySharesPrime, AuditActions.KeySharesPrime, AuditActions.DeviceQuarantined],
            (await AuditAsync()).Skip(entries).Select(entry => entry.Action));
    }

    [Fact]
    public async Task K_07_a_suspended_device_is_quarantined_when_it_is_resumed_and_a_decommissioned_one_stays_what_it_is()
    {
        var (first, second) = (await IssueWithKeyAsync("pump-1"), await IssueWithKeyAsync("pump-2"));
        Assert.True(DeviceId.TryParse("pump-1", out var id));
        Value(await Database.DeviceChanges.ChangeAsync(id, DeviceChange.Suspend, null, "administrator:a", Now, Ct));
        await WriteAsync("UPDATE devices SET state = 'decommissioned' WHERE device_id = 'pump-2'");

        Assert.Equal(2, await Database.KeySearch.RecordSharedPrimeAsync(new SharedPrime(first.Key, second.Key), Now, Ct));

        Assert.Equal(DeviceState.Suspended, await DeviceStateAsync("pump-1"));
        Value(await Database.DeviceChanges.ChangeAsync(id, DeviceChange.Resume, null, "administrator:a", Now, Ct));
        Assert.Equal(DeviceState.Quarantined, await DeviceStateAsync("pump-1"));
        Assert.Equal(DeviceState.Decommissioned, await DeviceStateAsync("pump-2"));
    }

    private static RsaModulus NewKey(string device, Digest? thumbprint = null)
    {
        var key = thumbprint ?? NewDigest();
        return new RsaModulus(0, device, key, key.ToOctets());
    }

    private async Task<(RsaModulus Key, CertificateRecord Certificate)> IssueWithKeyAsync(string device, CertificateRecord? renews = null)
    {
        var certificate = await IssueAsync(renews is null ? NewReservation(device) : NewRenewal(renews));
        var key = NewKey(device, certificate.KeyThumbprint);
        await Database.KeySearch.AddKeysAsync([key], 0, Ct);
        return (key, certificate);
    }

    private async Task<DeviceState> DeviceStateAsync(string device) =>
        (await Database.Devices.FindDeviceAsync(Id(device), Ct))!.State;
}
