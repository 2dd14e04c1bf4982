using System.Net;
using Provisioning.Core.Webhooks;

namespace Provisioning.Tests.Webhooks;

/// <summary>TM-36: a webhook leads nowhere that the operator has not named.</summary>
public sealed class WebhookTargetsTests
{
    private static readonly WebhookTargets Named = new(["hooks.plant.example", "*.partner.example", "10.0.5.0/24", "192.0.2.7", "fd00:1::/64"], AllowHttp: false);

    [Theory]
    [InlineData("https://hooks.plant.example/a?b=c")]
    [InlineData("https://HOOKS.plant.example:8443/")]
    [InlineData("https://hooks.plant.example./")]
    [InlineData("https://a.b.partner.example/")]
    [InlineData("https://10.0.5.9/")]
    [InlineData("https://192.0.2.7:444/x")]
    [InlineData("https://[fd00:1::9]/")]
    public void What_the_operator_names_may_be_said(string url) => Assert.Null(Named.FindProblem(url));

    [Theory]
    [InlineData("http://hooks.plant.example/")]
    [InlineData("ftp://hooks.plant.example/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("hooks.plant.example")]
    [InlineData("/api/v1/devices")]
    [InlineData("https://user:secret@hooks.plant.example/")]
    [InlineData("https://hooks.plant.example/#x")]
    [InlineData("https://10.0.6.1/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:169.254.169.254]/")]
    public void TM_36_what_the_operator_does_not_name_may_not_be_said(string url) => Assert.NotNull(Named.FindProblem(url));

    [Fact]
    public void TM_36_nothing_is_allowed_until_the_operator_names_it()
    {
        var none = new WebhookTargets([], AllowHttp: true);
        Assert.NotNull(none.FindProblem("https://hooks.plant.example/"));
        Assert.NotNull(none.FindProblem("http://10.0.5.1/"));
        Assert.False(none.Allows("hooks.plant.example", IPAddress.Parse("198.41.0.4")));
        Assert.NotNull(Named.FindProblem("https://hooks.plant.example/" + new string('a', 2000)));
        Assert.NotNull(new WebhookTargets(["hooks.plant.example"], false).FindProblem("https://partner.example/"));
    }

    [Theory]
    [InlineData("hooks.plant.example", "198.41.0.4", true)]
    [InlineData("hooks.plant.example", "2606:4700::1", true)]
    [InlineData("x.partner.example", "198.41.0.4", true)]
    [InlineData("partner.example", "198.41.0.4", false)]
    [InlineData("evilpartner.example", "198.41.0.4", false)]
    [InlineData("other.example", "198.41.0.4", false)]
    [InlineData("other.example", "10.0.5.200", true)]
    [InlineData("hooks.plant.example", "10.0.5.200", true)]
    [InlineData("hooks.plant.example", "::ffff:10.0.5.200", true)]
    [InlineData("hooks.plant.example", "127.0.0.1", false)]
    [InlineData("hooks.plant.example", "::ffff:127.0.0.1", false)]
    [InlineData("hooks.plant.example", "::1", false)]
    [InlineData("hooks.plant.example", "0.0.0.0", false)]
    [InlineData("hooks.plant.example", "10.0.6.1", false)]
    [InlineData("hooks.plant.example", "172.16.0.1", false)]
    [InlineData("hooks.plant.example", "192.168.1.1", false)]
    [InlineData("hooks.plant.example", "100.64.0.1", false)]
    [InlineData("hooks.plant.example", "169.254.169.254", false)]
    [InlineData("hooks.plant.example", "224.0.0.1", false)]
    [InlineData("hooks.plant.example", "255.255.255.255", false)]
    [InlineData("hooks.plant.example", "fd00:2::1", false)]
    [InlineData("hooks.plant.example", "fe80::1", false)]
    [InlineData("hooks.plant.example", "64:ff9b::7f00:1", false)]
    [InlineData("hooks.plant.example", "2002:7f00:1::", false)]
    public void TM_36_a_name_leads_to_public_addresses_or_to_networks_that_are_named(string host, string address, bool allowed) =>
        Assert.Equal(allowed, Named.Allows(host, IPAddress.Parse(address)));

    [Fact]
    public void Pauses_double_within_bounds_and_are_never_all_the_same()
    {
        var options = new WebhookOptions();
        Assert.Equal(TimeSpan.FromSeconds(0.5), options.PauseAfter(1, 0));
        Assert.Equal(TimeSpan.FromSeconds(4), options.PauseAfter(3, 1));
        Assert.Equal(TimeSpan.FromMinutes(30), options.PauseAfter(1000, 0));
        Assert.Equal(TimeSpan.FromHours(1), options.PauseAfter(long.MaxValue, 1));
    }
}
