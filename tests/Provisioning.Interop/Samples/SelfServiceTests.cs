namespace Provisioning.Interop.Samples;

/// <summary><c>samples/birth-certificate</c> and <c>samples/label</c>: devices that enroll without a factory line.</summary>
public sealed class SelfServiceTests
{
    [Fact]
    public async Task A_device_claims_itself_in_the_field_with_a_birth_certificate_made_by_openssl()
    {
        await using var sample = await RunningSample.RunAsync("birth-certificate", "enroll.sh");

        Assert.Contains("refused: 403 not-expected", sample.Output, StringComparison.Ordinal);
        Assert.Matches("enrolled: serial=[0-9A-F]{32}\n   in the field: AC-[0-9]+, active\n", sample.Output);
        Assert.Contains("copy refused: 409 device-already-bound", sample.Output, StringComparison.Ordinal);
        Assert.Contains("stranger refused: 401 unknown-certificate", sample.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_on_a_label_enrolls_its_device_once()
    {
        await using var sample = await RunningSample.RunAsync("label", "enroll.sh");

        Assert.Matches(@"enrolled: subject=CN=valve-[0-9]+ serial=[0-9A-F]{32}\n", sample.Output);
        Assert.Matches("refused: 4[0-9]{2} [a-z-]+\n", sample.Output);
        Assert.Matches("in the field: valve-[0-9]+, active\n   token: used, used 1 of 1\n", sample.Output);
        var label = await File.ReadAllBytesAsync(sample.At("label.png"), TestContext.Current.CancellationToken);
        Assert.Equal([0x89, .. "PNG"u8], label[..4]);
        Assert.DoesNotContain(Directory.GetFiles(sample.Folder), file => file.EndsWith(".header", StringComparison.Ordinal));
    }
}
