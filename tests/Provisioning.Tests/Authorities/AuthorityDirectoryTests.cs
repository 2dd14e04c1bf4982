using Provisioning.Core.Authorities;
using Provisioning.Tests.Rest;

namespace Provisioning.Tests.Authorities;

/// <summary>The names of generations, and whose chain is whose.</summary>
public sealed class AuthorityDirectoryTests
{
    [Theory]
    [InlineData("issuing", 1)]
    [InlineData("issuing-2", 2)]
    [InlineData("issuing-17", 17)]
    [InlineData("issuing-1", null)]
    [InlineData("issuing-02", null)]
    [InlineData("issuing-0", null)]
    [InlineData("issuing--2", null)]
    [InlineData("issuing-+2", null)]
    [InlineData("issuing-99999999999", null)]
    [InlineData("issuing-", null)]
    [InlineData("Issuing", null)]
    [InlineData("root", null)]
    public void A_generation_has_one_name(string name, int? generation)
    {
        Assert.Equal(generation, AuthorityDirectory.GenerationOf(name));
        if (generation is { } number) Assert.Equal(name, AuthorityDirectory.NameOf(number));
    }

    [Fact]
    public void The_newest_generation_signs_and_the_chain_of_the_others_stays()
    {
        using var one = TestAuthorities.Create();
        using var two = TestAuthorities.Create();
        var second = Authority.Create(new AuthorityRecord("issuing-2", "root", two.Issuing.Certificate), key: null);
        var all = new AuthorityDirectory(one.Root, one.Issuing, second);

        Assert.Same(second, all.Issuing);
        Assert.Equal(["root", "issuing", "issuing-2"], all.All.Select(authority => authority.Name));
        Assert.Equal([second.Certificate, one.Root.Certificate], all.Chain);
        Assert.Equal([one.Issuing.Certificate, one.Root.Certificate], all.ChainOf("issuing"));
        Assert.Equal([one.Root.Certificate], all.ChainOf("root"));
        Assert.Null(all.Find("issuing-3"));
    }
}
