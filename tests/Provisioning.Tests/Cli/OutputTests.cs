using Provisioning.Cli;
using Provisioning.Cli.Api;
using Provisioning.Cli.Output;
using Provisioning.Cli.Verbs;

namespace Provisioning.Tests.Cli;

public sealed class OutputTests
{
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_table_is_as_wide_as_its_content_and_names_its_columns_once()
    {
        var output = new StringWriter { NewLine = "\n" };
        var table = new Table("DEVICE", "STATE");
        table.Write(output, [["pump-0001", "active"], ["p", "registered"]]);
        table.Write(output, [["q", "active"]]);
        Assert.Equal(
            "DEVICE     STATE\npump-0001  active\np          registered\nq          active\n", output.ToString());
    }

    [Fact]
    public void An_attribute_cannot_steer_the_terminal()
    {
        var output = new StringWriter { NewLine = "\n" };
        Table.WriteFields(output, ("name", "a\u001b[2Jb\nc"), ("none", null));
        Assert.Equal("  name  a?[2Jb?c\n", output.ToString());
    }

    [Theory]
    [InlineData("current", "keyCompromise", false, true)]
    [InlineData("issued", "keyCompromise", false, true)]
    [InlineData("reserved", "keyCompromise", false, true)]
    [InlineData("superseded", "keyCompromise", false, true)]
    [InlineData("held", "keyCompromise", false, true)]
    [InlineData("held", "certificateHold", false, false)]
    [InlineData("current", "certificateHold", false, true)]
    [InlineData("superseded", "certificateHold", false, false)]
    [InlineData("reserved", "certificateHold", false, false)]
    [InlineData("held", "unspecified", true, true)]
    [InlineData("current", "unspecified", true, false)]
    [InlineData("revoked", "keyCompromise", false, false)]
    [InlineData("abandoned", "keyCompromise", false, false)]
    public void Revoking_a_device_means_every_certificate_that_somebody_would_still_accept(
        string state, string reason, bool release, bool isMeant)
    {
        var entry = Entry(state) with { NotAfter = Now.AddDays(1) };
        Assert.Equal(isMeant, RevokeVerb.IsMeant(entry, release, reason, Now));
    }

    [Fact]
    public void An_expired_certificate_is_not_revoked_with_its_device()
    {
        var entry = Entry("current");
        Assert.False(RevokeVerb.IsMeant(entry, release: false, "keyCompromise", Now.AddSeconds(1)));
    }

    private static CertificateEntry Entry(string state) =>
        new() { SerialNumber = "01", State = state, NotBefore = Now, NotAfter = Now };

    [Theory]
    [InlineData("y", true)]
    [InlineData("yes", true)]
    [InlineData("n", false)]
    [InlineData("", false)]
    public async Task A_person_is_asked_and_anything_but_yes_changes_nothing(string answer, bool goesOn)
    {
        var error = new StringWriter();
        var asked = new Terminal(TextWriter.Null, error, new StringReader(answer), IsInteractive: true, IsWatched: true)
            .ConfirmAsync("Revoke?", TestContext.Current.CancellationToken);
        if (goesOn) await asked;
        else Assert.Equal(ExitCode.Failed, (await Assert.ThrowsAsync<FailureException>(() => asked)).ExitCode);
        Assert.Equal("Revoke? [y/N] ", error.ToString());
    }

    [Theory]
    [InlineData("5c1f")]
    [InlineData("zz")]
    [InlineData("")]
    public void A_fingerprint_that_is_none_is_refused(string text) =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<FailureException>(() => CaVerb.ParseFingerprint(text)).ExitCode);

    [Fact]
    public void A_fingerprint_is_read_as_openssl_prints_it()
    {
        var octets = Enumerable.Range(200, 32).Select(number => (byte)number).ToArray();
        Assert.Equal(octets, CaVerb.ParseFingerprint(CaVerb.Format(octets)));
        Assert.Equal(octets, CaVerb.ParseFingerprint(Convert.ToHexStringLower(octets)));
    }
}
