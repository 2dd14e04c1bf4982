namespace Provisioning.Interop.Samples;

/// <summary>samples/firmware-c in groups that want more than the usual in the subject.</summary>
[Collection(FirmwareBuild.Collection)]
public sealed class FirmwareGroupTests(FirmwareBuild firmware)
{
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
}
