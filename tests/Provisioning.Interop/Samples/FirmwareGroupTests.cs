using System.Text.RegularExpressions;

namespace Provisioning.Interop.Samples;

/// <summary>samples/firmware-c in groups that want more than the usual: of the subject, and of the key.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed partial class FirmwareGroupTests(FirmwareBuild firmware)
{
    private const int Refused = 5, Protocol = 9, Killed = 128 + 9;

    /// <summary>A subject that is more than the common name, or has none, in both string types.</summary>
    private const string Typed = """
        {
          "name": "firmware-typed",
          "holder": "device",
          "subject": [{ "country": "CH" }, { "organization": "Wasserwerk Süd, Abt. \"3\" + Söhne" }, { "serialNumber": "${deviceId}" }],
          "alternativeNames": [{ "permanentIdentifier": "${deviceId}" }],
          "keyAlgorithms": ["p256"],
          "keyUsage": ["digitalSignature"],
          "extendedKeyUsage": ["clientAuth"],
          "lifetime": "P30D",
          "backdating": "PT1H",
          "renewAfter": 0.6,
          "renewBefore": 0.9
        }
        """;

    [Theory]
    [InlineData("mqtt-client", "firmware-subject-ou")]
    [InlineData("firmware-typed", "firmware-subject-typed")]
    public async Task A_device_renews_with_the_whole_subject_of_its_certificate_at_both_doors(string profile, string device)
    {
        await firmware.AdministratorAsync("PUT", "profiles/firmware-typed", Typed);
        var store = firmware.NewStore();
        var token = await firmware.TokenAsync(device, $$""","profile":"{{profile}}" """);
        FirmwareBuild.Check(0, await firmware.EnrollWithTokenAsync(firmware.Sanitized, device, store, token));
        var first = await firmware.CurrentAsync(device, store);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store, "--est"));
        var second = await firmware.CurrentAsync(device, store);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store, "--est", "--keep-key"));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store));
        var last = await firmware.CurrentAsync(device, store);
        Assert.Equal(3, new[] { first, second, last }.Distinct().Count());
    }

    [Theory]
    [InlineData(6, 0)]
    [InlineData(7, Protocol)]
    public async Task A_subject_that_would_not_fit_the_request_of_the_next_renewal_is_refused_at_once(int wide, int exitCode)
    {
        // 500 bytes (with this ID) where six characters of the locality take two, and one more with each.
        var device = $"firmware-subject-ss-{wide}";
        var subject = $$"""
            "subject": [
              { "commonName": "${deviceId}" }, { "serialNumber": "${deviceId}" }, { "organization": "{{new string('ö', 64)}}" },
              { "organizationalUnit": "{{new string('ü', 64)}}" }, { "locality": "{{new string('ß', wide)}}{{new string('s', 128 - wide)}}" }],
            """;
        await firmware.AdministratorAsync("PUT", $"profiles/{device}", SubjectLine.Replace(Typed.Replace("firmware-typed", device), subject));
        var store = firmware.NewStore();
        var token = await firmware.TokenAsync(device, $$""","profile":"{{device}}" """);
        FirmwareBuild.Check(exitCode, await firmware.EnrollWithTokenAsync(firmware.Sanitized, device, store, token));
        if (exitCode != 0) return;
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store, "--est"));
        await firmware.CurrentAsync(device, store);
    }

    public static MatrixTheoryData<string, string> RulesAndDoors { get; } = new(["required", "forbidden"], ["rest", "est"]);

    [Theory]
    [MemberData(nameof(RulesAndDoors))]
    public async Task A_key_that_breaks_the_rule_of_the_group_does_not_lock_the_device_out(string rekey, string door)
    {
        var (device, store, kept, changed) = await EnrollAsync($"firmware-rekey-{rekey}-{door}", rekey, door);
        var (wrong, right) = rekey == "required" ? (kept, changed) : (changed, kept);
        var refused = await firmware.RenewAsync(firmware.Sanitized, store, wrong);
        FirmwareBuild.Check(Refused, refused);
        Assert.Contains(rekey == "required" ? "new-key-required" : "new-key-not-allowed", refused.Error, StringComparison.Ordinal);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store, right));
        await firmware.CurrentAsync(device, store);

        // The power fails while the wrong one waits. The right one is asked for in the same run.
        FirmwareBuild.Check(Killed, await firmware.RenewAsync(firmware.Failpoints, store, wrong, ("FIRMWARE_FAIL_AT", "request-sent")));
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store, right));
        await firmware.CurrentAsync(device, store);
        Assert.Equal(3, (await firmware.CertificatesOfAsync(device)).Length);
    }

    [Theory]
    [InlineData("rest")]
    [InlineData("est")]
    public async Task A_key_that_a_certificate_was_made_for_is_not_thrown_away(string door)
    {
        var (device, store, kept, changed) = await EnrollAsync($"firmware-rekey-allowed-{door}", "allowed", door);
        foreach (var (begun, ended) in new[] { (kept, changed), (changed, kept) })
        {
            FirmwareBuild.Check(Killed, await firmware.RenewAsync(firmware.Failpoints, store, begun, ("FIRMWARE_FAIL_AT", "answered")));
            FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store, ended));
            await firmware.CurrentAsync(device, store);
        }

        Assert.Equal(3, (await firmware.CertificatesOfAsync(device)).Length);
    }

    [Theory]
    [InlineData("rest")]
    [InlineData("est")]
    public async Task A_kind_of_key_that_the_profile_does_not_have_is_not_made_over_and_over(string door)
    {
        await firmware.AdministratorAsync(
            "PUT", "profiles/firmware-p384", Typed.Replace("firmware-typed", "firmware-p384").Replace("p256", "p384"));
        var (device, store, _, changed) = await EnrollAsync($"firmware-kind-{door}", "allowed", door);
        await firmware.SaveGroupAsync(device, ""","profile":"firmware-p384" """);
        var refused = await firmware.RenewAsync(firmware.Sanitized, store, changed);
        FirmwareBuild.Check(Refused, refused);
        Assert.Contains("key-not-allowed", refused.Error, StringComparison.Ordinal);
        var waits = await ReadAsync(store);
        Assert.Equal(2, waits.Length);
        FirmwareBuild.Check(Refused, await firmware.RenewAsync(firmware.Sanitized, store, changed));
        Assert.Equal(waits, await ReadAsync(store));

        await firmware.SaveGroupAsync(device);
        FirmwareBuild.Check(0, await firmware.RenewAsync(firmware.Sanitized, store, changed));
        await firmware.CurrentAsync(device, store);

        static async Task<string[]> ReadAsync(string store) => await Task.WhenAll(Directory.GetFiles(store).Order(StringComparer.Ordinal)
            .Select(async file => Convert.ToHexString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken))));
    }

    [GeneratedRegex("""^ *"subject".*$""", RegexOptions.Multiline)]
    private static partial Regex SubjectLine { get; }

    // How it renews with the key that it has, and with another.
    private async Task<(string Device, string Store, string[] Kept, string[] Changed)> EnrollAsync(string device, string rekey, string door)
    {
        var store = firmware.NewStore();
        var token = await firmware.TokenAsync(device, renewal: $$""","rekey":"{{rekey}}" """);
        FirmwareBuild.Check(0, await firmware.EnrollWithTokenAsync(firmware.Plain, device, store, token));
        string[] at = door == "est" ? ["--est"] : [];
        return (device, store, [.. at, "--keep-key"], at);
    }
}
