using Provisioning.Core.Authorities;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

/// <summary>CRLs that other programs made, with every small damage: what an operator's medium may bring.</summary>
public sealed class CrlMutationTests
{
    // Entries and number; -1 for the largest that there is.
    public static TheoryData<string, int, int> Files { get; } = new()
    {
        { "openssl-p256-reasons", 3, 0x1001 },
        { "openssl-rsa2048-reasons", 3, 0x1002 },
        { "openssl-p384-empty", 0, -1 },
        { "gnutls-p256-empty", 0, 5 },
    };

    public static TheoryData<string> Names { get; } = new(Files.Select(row => row.Data.Item1));

    [Theory]
    [MemberData(nameof(Files))]
    public void What_other_programs_sign_is_read_and_verifies(string name, int entries, int number)
    {
        using var authority = AuthorityOf(name);
        var facts = CrlFacts.TryRead("root", Read(name));

        Assert.NotNull(facts);
        Assert.True(facts.IsSignedBy(authority));
        Assert.Equal(entries, facts.Status.Entries);
        Assert.Equal(number < 0 ? long.MaxValue : number, facts.Status.Number);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_damage_to_a_CRL_gets_an_answer_and_it_is_never_taken_for_signed(string name)
    {
        using var authority = AuthorityOf(name);

        // All of it is signed, or the signature, or said twice: nothing can be changed and still be good.
        foreach (var damaged in Mutations.OfDer(Read(name)))
            Assert.False(CrlFacts.TryRead("root", damaged) is { } facts && facts.IsSignedBy(authority), Convert.ToHexString(damaged));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_CRL_that_is_cut_off_or_followed_by_something_is_none(string name)
    {
        foreach (var cut in Mutations.Cuts(Read(name))) Assert.Null(CrlFacts.TryRead("root", cut));
        Assert.Null(CrlFacts.TryRead("root", (byte[])[.. Read(name), 0]));
    }

    [Fact]
    public async Task No_damaged_file_takes_the_place_of_the_published_CRL()
    {
        using var authority = AuthorityOf("openssl-p256-reasons");
        using var house = new CrlHouse(TestAuthority.WithoutKey(authority));
        house.Time.Advance(TimeSpan.FromDays(1000));
        var good = Read("openssl-p256-reasons");
        var file = new SuppliedFile(house);
        file.Write(good);
        Assert.Equal(0x1001, (await house.PublishAsync("root"))!.Number);

        foreach (var damaged in Mutations.OfDer(good))
        {
            // Whatever the published number is, it must not be why the damaged one is refused.
            house.Restart();
            File.Delete(house.PathOf("root"));
            file.Write(damaged);
            Assert.Null(await house.PublishAsync("root"));
            Assert.False(File.Exists(house.PathOf("root")));
        }

        file.Write(good);
        Assert.Equal(0x1001, (await house.PublishAsync("root"))!.Number);
    }

    private static byte[] Read(string name) => Vectors.Read("crl", name + ".der");

    private static Authority AuthorityOf(string name) =>
        Authority.Create(new AuthorityRecord("root", "root", Read(name + ".issuer")), null);
}
