using System.Formats.Asn1;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

public sealed class CrlShardTests : IDisposable
{
    private static readonly PublicAddresses Addresses = new("pki.example", 80) { CrlShards = 3 };

    private readonly CrlHouse _house = new(configure: options => options with { Addresses = Addresses });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _house.Dispose();

    [Fact]
    public async Task A_shard_lists_its_own_and_says_so_and_the_CRL_of_the_authority_lists_all_and_says_nothing()
    {
        await DeclareAsync(_house);
        for (var shard = 0; shard <= 3; shard++) await RevokeAsync(shard);
        foreach (var shard in (int[])[0, 1, 2, 3]) await _house.PublishAsync(CrlHouse.NameOf(shard));

        Assert.Equal(4, _house.Read().Entries);
        Assert.True(_house.ReadFacts(CrlHouse.NameOf(0)).DistributionPoint.IsEmpty);
        for (var shard = 1; shard <= 3; shard++)
        {
            var facts = _house.ReadFacts(CrlHouse.NameOf(shard));
            Assert.Equal((1, shard), (facts.Status.Entries, facts.Status.Shard));
            Assert.Equal([$"http://pki.example/crl/issuing/{shard}.crl"], NamesIn(facts));
            Assert.Contains("551D1C0101FF", Convert.ToHexString(facts.Tbs.Span), StringComparison.Ordinal); // critical
        }
    }

    [Fact]
    public async Task Without_a_full_CRL_the_one_of_the_authority_lists_what_is_in_no_shard_and_says_so()
    {
        using var house = new CrlHouse(configure: options => options with { Addresses = Addresses, IsFull = false });
        await DeclareAsync(house);
        for (var shard = 0; shard <= 3; shard++) await RevokeAsync(shard, house);
        await house.PublishAsync();
        var facts = house.ReadFacts(CrlHouse.NameOf(0));
        Assert.Equal(1, facts.Status.Entries);
        Assert.Equal(["http://pki.example/crl/issuing.crl"], NamesIn(facts));
    }

    [Fact]
    public async Task Every_address_that_certificates_of_a_shard_ever_named_stands_in_its_CRL()
    {
        await DeclareAsync(_house, new PublicAddresses("old.example", 8080) { CrlShards = 2 });
        await DeclareAsync(_house);
        await _house.PublishAsync(CrlHouse.NameOf(2));
        await _house.PublishAsync(CrlHouse.NameOf(3));
        Assert.Equal(
            ["http://old.example:8080/crl/issuing/2.crl", "http://pki.example/crl/issuing/2.crl"],
            NamesIn(_house.ReadFacts(CrlHouse.NameOf(2))));
        Assert.Equal(["http://pki.example/crl/issuing/3.crl"], NamesIn(_house.ReadFacts(CrlHouse.NameOf(3))));
    }

    [Fact]
    public void New_certificates_are_spread_evenly_over_the_shards_and_never_over_others()
    {
        var counts = new int[4];
        for (var i = 0; i < 3000; i++) counts[Addresses.ShardOf("issuing", SerialNumber.NewRandom())]++;
        Assert.Equal(0, counts[0]);
        Assert.All(counts[1..], count => Assert.InRange(count, 850, 1150));
        Assert.Equal(0, Addresses.ShardOf("root", SerialNumber.NewRandom()));
        Assert.Equal(0, new PublicAddresses("pki.example", 80).ShardOf("issuing", SerialNumber.NewRandom()));
        Assert.True(SerialNumber.TryParse("01", out var shortest));
        Assert.Equal(2, Addresses.ShardOf("issuing", shortest));
    }

    [Fact]
    public async Task A_delta_tells_what_was_revoked_held_and_released_since_its_base_and_nothing_else()
    {
        using var house = NewHouseWithDeltas();
        var before = await RevokeAsync(0, house);
        var heldBefore = await HoldAsync(house);
        await house.PublishAsync();
        var complete = house.Read();
        var revoked = await RevokeAsync(0, house);
        var held = await HoldAsync(house);
        await house.Store.ReleaseAsync(heldBefore, "alice", house.Time.GetUtcNow(), Ct);
        var shortly = await HoldAsync(house);
        await house.Store.ReleaseAsync(shortly, "alice", house.Time.GetUtcNow(), Ct);
        await house.PublishAsync(CrlHouse.NameOf(0, isDelta: true));

        var delta = house.ReadFacts(CrlHouse.NameOf(0, isDelta: true));
        Assert.Equal(complete.Number, delta.Status.BaseNumber);
        Assert.True(delta.Status.Number > complete.Number);

        // RFC 5280 §5.2.4: also of what was held and released in between, because an earlier delta has told of the hold.
        Assert.Equal(
            new Dictionary<string, int?> { [revoked.ToString()] = 4, [held.ToString()] = 6, [heldBefore.ToString()] = 8, [shortly.ToString()] = 8 },
            EntriesOf(delta));
        Assert.DoesNotContain(before.ToString(), EntriesOf(delta).Keys);
        Assert.Equal(2, complete.Entries);
    }

    [Fact]
    public async Task A_delta_is_for_everybody_who_has_the_newest_complete_CRL_or_the_one_before()
    {
        using var house = NewHouseWithDeltas();
        var numbers = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            await RevokeAsync(0, house);
            numbers.Add((await house.PublishAsync())!.Number);
            var delta = (await house.PublishAsync(CrlHouse.NameOf(0, isDelta: true)))!;
            Assert.Equal(numbers[Math.Max(0, i - 1)], delta.BaseNumber);
            Assert.Equal(i == 0 ? 0 : 1, delta.Entries);
            Assert.True(delta.Number > numbers[i]);
            numbers[i] = Math.Max(numbers[i], delta.BaseNumber!.Value);
        }

        Assert.Equal(
            house.Store.Crls.Select(crl => crl.Reserved.Number).Distinct().Order(), house.Store.Crls.Select(crl => crl.Reserved.Number));
    }

    [Fact]
    public async Task Without_a_base_that_is_good_for_the_same_certificates_a_complete_CRL_is_made_instead_of_a_delta()
    {
        using var house = NewHouseWithDeltas();
        Assert.Null((await house.PublishAsync(CrlHouse.NameOf(0, isDelta: true)))!.BaseNumber);
        Assert.NotNull((await house.PublishAsync(CrlHouse.NameOf(0, isDelta: true)))!.BaseNumber);

        // An expired base is nobody's any more.
        house.Time.Advance(house.Options.Lifetime);
        Assert.Null((await house.PublishAsync(CrlHouse.NameOf(0, isDelta: true)))!.BaseNumber);

        // The same shard under another address is another scope.
        await DeclareAsync(house);
        await house.PublishAsync(CrlHouse.NameOf(1));
        Assert.NotNull((await house.PublishAsync(CrlHouse.NameOf(1, isDelta: true)))!.BaseNumber);
        await DeclareAsync(house, new PublicAddresses("new.example", 80) { CrlShards = 3 });
        var first = (await house.PublishAsync(CrlHouse.NameOf(1, isDelta: true)))!;
        Assert.Null(first.BaseNumber);
        var delta = (await house.PublishAsync(CrlHouse.NameOf(1, isDelta: true)))!;
        Assert.Equal(first.Number, delta.BaseNumber);
        Assert.Equal(
            house.ReadFacts(CrlHouse.NameOf(1)).DistributionPoint.ToArray(),
            house.ReadFacts(CrlHouse.NameOf(1, isDelta: true)).DistributionPoint.ToArray());
    }

    [Fact]
    public async Task Complete_CRLs_say_where_the_delta_is_and_deltas_do_not()
    {
        using var house = NewHouseWithDeltas();
        await DeclareAsync(house);
        foreach (var isDelta in (bool[])[false, true]) await house.PublishAsync(CrlHouse.NameOf(2, isDelta));
        var address = Convert.ToHexString("http://pki.example/crl/issuing/2.delta.crl"u8);
        Assert.Contains(address, Convert.ToHexString(house.ReadFacts(CrlHouse.NameOf(2)).Tbs.Span), StringComparison.Ordinal);
        var delta = Convert.ToHexString(house.ReadFacts(CrlHouse.NameOf(2, isDelta: true)).Tbs.Span);
        Assert.DoesNotContain(address, delta, StringComparison.Ordinal);
        Assert.Contains("551D1B0101FF", delta, StringComparison.Ordinal); // deltaCRLIndicator, critical
        Assert.Null(CrlFacts.TryRead("issuing", await File.ReadAllBytesAsync(Path.Combine(house.Options.Directory, "issuing.2.delta.crl"), Ct)));
    }

    [Fact]
    public async Task A_CRL_of_a_shard_or_delta_with_any_octet_flipped_or_any_end_missing_is_not_taken_for_ours()
    {
        using var house = NewHouseWithDeltas();
        await DeclareAsync(house);
        await RevokeAsync(1, house);
        foreach (var name in (CrlName[])[CrlHouse.NameOf(1), CrlHouse.NameOf(1, isDelta: true)])
        {
            await house.PublishAsync(name);
            var octets = await File.ReadAllBytesAsync(Path.Combine(house.Options.Directory, name.FileName), Ct);
            Assert.Null(CrlFacts.TryRead(name with { IsDelta = !name.IsDelta }, octets));
            foreach (var damaged in Mutations.Flips(octets))
                Assert.False(CrlFacts.TryRead(name, damaged) is { } facts && facts.IsSignedBy(house.Authorities.Issuing), Convert.ToHexString(damaged));
            foreach (var cut in Mutations.Cuts(octets)) Assert.Null(CrlFacts.TryRead(name, cut));
        }
    }

    [Fact]
    public async Task A_node_that_was_taken_for_dead_does_not_show_what_it_signed()
    {
        using var other = new CrlHouse(beside: _house);
        _house.Store.BeforePersisting = (what, _) =>
        {
            if (what != "record") return;
            _house.Store.BeforePersisting = (_, _) => { };

            // Longer than a lease: another node makes the next one, and only then this one comes to record its own.
            _house.Time.Advance(TimeSpan.FromMinutes(1));
            Assert.NotNull(other.PublishAsync().GetAwaiter().GetResult());
        };
        var status = await _house.PublishAsync();
        Assert.Equal(3, _house.Store.Crls.Count);
        Assert.Null(_house.Store.Crls[0].CrlHash);
        Assert.True(status!.Number > other.Read().Number);
        Assert.Equal(status, _house.Read());
    }

    [Fact]
    public async Task While_one_node_makes_a_CRL_another_does_not_and_takes_its_octets_afterwards()
    {
        _house.Store.KeepsOctets = true;
        using var other = new CrlHouse(beside: _house);
        _house.Store.BeforePersisting = (what, _) =>
        {
            if (what == "record") Assert.Null(other.PublishAsync().GetAwaiter().GetResult());
        };
        var made = await _house.PublishAsync();
        Assert.True(await other.Publisher.TakeAsync(CrlHouse.NameOf(0), Ct));
        Assert.False(await other.Publisher.TakeAsync(CrlHouse.NameOf(0), Ct));
        Assert.Equal(_house.Octets, other.Octets);
        Assert.Equal(made, other.Published.Find("issuing"));
    }

    [Fact]
    public async Task A_lease_that_a_wrong_clock_has_made_too_long_holds_nobody_up()
    {
        await _house.Store.TryLeaseAsync(
            new CrlScope("issuing"), "a node of tomorrow", _house.Time.GetUtcNow(), _house.Time.GetUtcNow().AddDays(1), Ct);
        Assert.NotNull(await _house.PublishAsync());
    }

    internal static Task DeclareAsync(CrlHouse house, PublicAddresses? addresses = null) =>
        new CrlShards(house.Store, addresses ?? Addresses).DeclareAsync("issuing", house.Time.GetUtcNow(), Ct);

    private static CrlHouse NewHouseWithDeltas() =>
        new(configure: options => options with { Addresses = Addresses, HasDeltas = true });

    private async Task<SerialNumber> RevokeAsync(int shard, CrlHouse? house = null) =>
        await ChangeAsync(house ?? _house, shard, RevocationReason.Superseded);

    private static Task<SerialNumber> HoldAsync(CrlHouse house) => ChangeAsync(house, 0, RevocationReason.CertificateHold);

    private static async Task<SerialNumber> ChangeAsync(CrlHouse house, int shard, RevocationReason reason)
    {
        var row = CertificateRows.NewRow();
        house.Store.Add(row, shard);
        await house.Store.RevokeAsync(row.SerialNumber, reason, "alice", house.Time.GetUtcNow(), Ct);
        return row.SerialNumber;
    }

    private static List<string> NamesIn(CrlFacts facts)
    {
        var wrapper = new Asn1Tag(TagClass.ContextSpecific, 0);
        var names = new AsnReader(facts.DistributionPoint, AsnEncodingRules.DER).ReadSequence().ReadSequence(wrapper).ReadSequence(wrapper);
        var all = new List<string>();
        while (names.HasData) all.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, new Asn1Tag(TagClass.ContextSpecific, 6)));
        return all;
    }

    private static Dictionary<string, int?> EntriesOf(CrlFacts facts)
    {
        var list = new AsnReader(facts.Tbs, AsnEncodingRules.DER).ReadSequence();
        for (var field = 0; field < 5; field++) list.ReadEncodedValue();
        var entries = list.ReadSequence();
        var all = new Dictionary<string, int?>();
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            Assert.True(SerialNumber.TryFromOctets(entry.ReadIntegerBytes().Span, out var serialNumber));
            entry.ReadEncodedValue();
            all.Add(serialNumber.ToString(), entry.HasData ? entry.ReadEncodedValue().Span[^1] : null);
        }

        return all;
    }
}
