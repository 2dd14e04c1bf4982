using Provisioning.Core.Authorities;

namespace Provisioning.Tests.Revocation;

public sealed class OfflineRootTests : IDisposable
{
    private readonly Authority _offline = TestAuthority.Create("root");
    private readonly CrlHouse _house;
    private readonly SuppliedFile _file;

    public OfflineRootTests()
    {
        _house = new CrlHouse(TestAuthority.WithoutKey(_offline));
        _file = new SuppliedFile(_house);
    }

    public void Dispose()
    {
        _house.Dispose();
        _offline.Dispose();
    }

    [Fact]
    public async Task Without_a_supplied_CRL_there_is_none() => Assert.Null(await _house.PublishAsync("root"));

    [Fact]
    public async Task A_good_one_is_taken_octet_for_octet_and_survives_a_restart()
    {
        var crl = CrlWriterTests.Write(_offline, CrlWriterTests.AllReasons(), number: 7);
        Supply(crl);
        Assert.Equal(7, (await _house.PublishAsync("root"))!.Number);
        Assert.Equal(crl, Octets);

        _house.Restart();
        _house.Published.Load(_house.Authorities.Root);
        Assert.Equal(7, (await _house.PublishAsync("root"))!.Number);
        Assert.Empty(_house.Store.Crls);
    }

    [Fact]
    public async Task A_newer_one_replaces_it_and_an_older_one_does_not()
    {
        foreach (var number in (long[])[7, 9, 8, 9])
        {
            Supply(CrlWriterTests.Write(_offline, [], number));
            await _house.PublishAsync("root");
        }

        Assert.Equal(9, _house.Read("root").Number);
    }

    [Fact]
    public async Task One_that_is_not_the_root_s_is_not_taken()
    {
        var good = CrlWriterTests.Write(_offline, [], number: 7);
        Supply(good);
        await _house.PublishAsync("root");

        using var sameName = TestAuthority.Create("root");
        using var otherName = TestAuthority.Create("issuing");
        var broken = CrlWriterTests.Write(_offline, [], number: 10);
        broken[^1] ^= 1;
        byte[][] all =
        [
            CrlWriterTests.Write(sameName, [], 10), CrlWriterTests.Write(otherName, [], 10), broken, broken[..9], [], [1],
        ];
        foreach (var bad in all)
        {
            Supply(bad);
            await _house.PublishAsync("root");
            Assert.Equal(good, Octets);
        }
    }

    [Fact]
    public async Task One_from_the_future_waits_for_its_time()
    {
        Supply(CrlWriterTests.Write(_offline, [], number: 7, daysFromNow: 1));
        Assert.Null(await _house.PublishAsync("root"));
        _house.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(7, (await _house.PublishAsync("root"))!.Number);
    }

    [Fact]
    public async Task A_stale_one_is_still_shown_and_known_to_be_stale()
    {
        Supply(CrlWriterTests.Write(_offline, [], number: 7));
        var status = (await _house.PublishAsync("root"))!;
        Assert.True(status.IsFresh(_house.Time.GetUtcNow()));
        _house.Time.Advance(TimeSpan.FromDays(1));
        status = (await _house.PublishAsync("root"))!;
        Assert.False(status.IsFresh(_house.Time.GetUtcNow()));
    }

    private byte[] Octets => File.ReadAllBytes(_house.PathOf("root"));

    private void Supply(byte[] crl) => _file.Write(crl);
}
