namespace Provisioning.Interop.Samples;

/// <summary><c>samples/est</c>: devices that speak EST, with curl and openssl and with strongSwan.</summary>
public sealed class EstSampleTests
{
    [Fact]
    public async Task A_device_enrolls_with_a_token_renews_and_waits_for_an_approval_with_curl_and_openssl()
    {
        await using var sample = await RunningSample.RunAsync("est", "enroll.sh");

        Assert.Matches("trusted: subject=CN=Provisioning Root CA [^\n]*, one of 2\n", sample.Output);
        Assert.Contains("id-ecPublicKey prime256v1", sample.Output, StringComparison.Ordinal);
        Assert.Matches("enrolled: subject=CN=router-[0-9]+ serial=([0-9A-F]{32})\n(.*\n)*   the same: serial=\\1\n", sample.Output);
        Assert.Contains("refused: 409 device-already-bound: ", sample.Output, StringComparison.Ordinal);
        Assert.Contains("refused: 400 identity-mismatch: ", sample.Output, StringComparison.Ordinal);
        Assert.Matches("renewed: serial=([0-9A-F]{32}) → serial=(?!\\1)[0-9A-F]{32}\n", sample.Output);
        Assert.Matches("in the field: router-[0-9]+, active, renews after 2", sample.Output);
        Assert.Matches("made: serial=[0-9A-F]{32} and its key", sample.Output);
        Assert.Equal(
            await Tool.CheckAsync("openssl", "pkey", "-in", sample.At("made.key"), "-pubout"),
            await Tool.CheckAsync("openssl", "x509", "-in", sample.At("made.pem"), "-noout", "-pubkey"));
        Assert.Matches("waits: 202 approval-pending: .*\n   Retry-After: [0-9]+;", sample.Output);
        Assert.Matches("approved, and enrolled with the same request: serial=[0-9A-F]{32}\n", sample.Output);
        Assert.DoesNotContain(Directory.GetFiles(sample.Folder), file => file.EndsWith(".login", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gateway_enrolls_renews_and_polls_for_an_approval_with_strongSwan()
    {
        await using var sample = await RunningSample.RunAsync("est", "strongswan.sh");

        Assert.Contains("authority-1.pem: subject=CN=Provisioning Issuing CA", sample.Output, StringComparison.Ordinal);
        Assert.Matches(
            "enrolled: subject=CN=(gateway-[0-9]+) serial=([0-9A-F]{32})\n(.*\n)*   renewed: subject=CN=\\1 serial=(?!\\2)[0-9A-F]{32}\n", sample.Output);
        Assert.Matches("EST request pending, polling every [3-6][0-9] seconds(.*\n)*   enrolled: subject=CN=gateway-[0-9]+-b ", sample.Output);
        Assert.DoesNotContain(Directory.GetFiles(sample.Folder), file => file.EndsWith(".options", StringComparison.Ordinal));
    }
}
